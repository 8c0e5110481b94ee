"""Who works when: shifts as they are planned, duties as rows, and where nobody is planned."""
