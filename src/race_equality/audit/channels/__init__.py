"""Read every text and table in a published file.

A reader sees text and tables. An intruder also reads attributes, comments, scripts, the text and labels
inside pictures, a PDF's attachments and alternative texts, a notebook's outputs and metadata, and all
other files of the site. All of it is read here as :class:`Text` and :class:`Table`.
"""

from race_equality.audit.channels.content import Content, Table, Text, Unread
from race_equality.audit.channels.files import read_file

__all__ = ["Content", "Table", "Text", "Unread", "read_file"]
