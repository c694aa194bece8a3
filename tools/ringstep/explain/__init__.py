"""Why a run ended badly, and what is in memory: in words and in pictures."""
