"""A recorded week on its way into intake: `recording` reads the files, `journals` makes of them what stations send."""
