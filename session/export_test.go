package session

// EachPick has fn asked about each step of a wave: one for which it returns false is not prepared, and the wave's certificate does not hold.
func (e *Engine) EachPick(fn func(pick int) bool) {
	e.prepare = func(i int) {
		if fn(i) {
			e.machine.Prepare(i)
		}
	}
}
