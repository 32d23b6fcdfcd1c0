"""MIT Interview: 138 mock job interviews of 69 students."""
