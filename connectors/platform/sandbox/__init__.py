"""A runnable stand-in for the investment platform; `CONTRACT.md` beside this file is what it serves.

Nothing here is shared with the adapter that talks to it, so that a shared misreading of the contract shows.
"""
