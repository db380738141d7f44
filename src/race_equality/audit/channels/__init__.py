"""Everything that a published file says, whichever way it says it.

A reader sees text and tables. An intruder also reads attributes, comments, scripts, the text and labels
inside pictures, a PDF's attachments and alternative texts, a notebook's outputs and metadata, and every
file beside the pages. All of it comes out here as :class:`Text` and :class:`Table`.
"""

from race_equality.audit.channels.content import Content, Table, Text, Unread
from race_equality.audit.channels.files import read_file

__all__ = ["Content", "Table", "Text", "Unread", "read_file"]
