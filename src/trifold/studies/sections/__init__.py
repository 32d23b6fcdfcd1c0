"""Sections of a study's page: each turns results of ``psychometrics`` into sentences and tables."""
