"""Answers as words and tables, a file a question. Words never compute."""
