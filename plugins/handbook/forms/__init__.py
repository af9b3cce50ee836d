"""Templates ("forms"): blanks to copy, and what a document that is made from one still lacks."""

from handbook.forms.compare import state_of
from handbook.forms.load import forms, load_forms
from handbook.forms.marker import Marker, marker_of

__all__ = ["Marker", "forms", "is_empty", "load_forms", "marker_of", "state_of"]


def is_empty(text: str) -> bool:
    """Tell whether a text is a template in which nothing is filled in."""
    marker = marker_of(text)
    form = forms().get(marker.name) if marker else None
    return bool(form and state_of(form, text).empty)
