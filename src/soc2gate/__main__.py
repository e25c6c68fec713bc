"""`python -m soc2gate` is the installed command."""

from soc2gate.cli import main

if __name__ == "__main__":
    main()
