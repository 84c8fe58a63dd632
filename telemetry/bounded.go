package telemetry

// correlation identifies the fact or session that events are about: see [world.Event.Correlation].
type correlation [16]byte

// keep is the number of correlations in memory: facts that wait for an absent peer must not fill it.
const keep = 4096

// bounded is a map that forgets its oldest entries.
type bounded[V any] struct {
	values map[correlation]V
	order  []correlation // as they were put, dropped ones among them
	forget func(V)       // called with an entry that made room; may be nil
}

func (b *bounded[V]) get(id correlation) (V, bool) {
	v, ok := b.values[id]
	return v, ok
}

func (b *bounded[V]) put(id correlation, v V) {
	if b.values == nil {
		b.values = map[correlation]V{}
	}
	if _, known := b.values[id]; !known {
		b.order = append(b.order, id)
	}
	b.values[id] = v
	for len(b.order) > keep {
		oldest := b.order[0]
		b.order = b.order[1:]
		if v, ok := b.values[oldest]; ok {
			delete(b.values, oldest)
			if b.forget != nil {
				b.forget(v)
			}
		}
	}
}

func (b *bounded[V]) drop(id correlation) { delete(b.values, id) }
