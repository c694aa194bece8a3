"""The handouts: what they quote from the code, their pictures, the site and the PDF."""
