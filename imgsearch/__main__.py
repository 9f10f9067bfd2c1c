"""`python -m imgsearch`."""

from imgsearch.cli import program

if __name__ == "__main__":
    program()
