package journal

// collection is a step of collecting what a snapshot replaced: how far each stream is gone, and store
// keys to delete.
type collection struct {
	streams []streamID
	through []uint64
	keys    [][]byte
}

// mark moves the streams' lower ends.
func (c *collection) mark(l *layer) {
	for i, id := range c.streams {
		s, ok := l.stream(id)
		if !ok {
			continue
		}
		s.collected = max(s.collected, c.through[i])
		l.streams.set(id, s)
	}
}
