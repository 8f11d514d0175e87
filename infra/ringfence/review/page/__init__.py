"""The review as one page that a browser shows: the values (Python), and how they are shown (HTML, CSS, JavaScript)."""
