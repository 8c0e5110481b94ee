"""What crosses the wire and how it reaches every socket. A plain package: no models, no database."""
