"""Products: what a shop's feed says about them, and which photos of the catalogue show them.

`source` and `rows` read a feed, whatever it is kept in; `columns` types what it holds, `schema` what somebody stated
about it, and `feed` puts both together. `photos` finds the photos that a feed names, and `table` is the file that
searching joins with the index. Photos that no feed names know nothing of all this.
"""
