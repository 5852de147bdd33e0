"""Words for people: templates in layers, translations, dates and numbers. Knows no plugin, no page and no mail."""

from helpdesk_core.text.layers import Layer
from helpdesk_core.text.marks import N_
from helpdesk_core.text.texts import Texts
from helpdesk_core.text.words import Words

__all__ = ["N_", "Layer", "Texts", "Words"]
