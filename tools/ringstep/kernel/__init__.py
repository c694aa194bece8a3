"""What lies in a kernel's file and in its memory: names, numbers, tables in words."""
