"""`python -m imgsearch`."""

from imgsearch.cli import main

if __name__ == "__main__":
    main()
