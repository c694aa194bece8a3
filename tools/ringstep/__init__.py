"""Boot a kernel, record what the machine did, and say it in words."""
