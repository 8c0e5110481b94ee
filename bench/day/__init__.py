"""A day of a contact centre, compressed: the product's own rules beside least-busy assignment."""
