"""What sets the wrappers apart (P1, P2)."""

from domain.journey import Wrapper

_WORDS = {
    Wrapper.SIPP: "self-invested personal pension",
    Wrapper.GIA: "general investment account",
    Wrapper.ISA: "stocks and shares ISA",
    Wrapper.JISA: "Junior stocks and shares ISA",
}


def wrapper_words(wrapper: Wrapper) -> str:
    """Return the wrapper as a client would say it, to follow "your"."""
    return _WORDS[wrapper]
