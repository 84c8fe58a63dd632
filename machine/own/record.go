package own

// Record is the ownership of one fragment in one generation. A fragment that is released or handed over gets a new
// record, which begins as unowned: nothing leads back.
type Record struct {
	fragment   string
	state      State
	owner      Owner
	generation uint64
	scope      Scope  // of the capability, or of the claim, of this generation
	receipt    uint64 // of the transfer that was begun; 0: none
	releaser   Owner  // of the record before, while this one is unowned
}

// Fragment returns the name of the fragment.
func (r *Record) Fragment() string { return r.fragment }

// Owner returns the owner, "" if there is none.
func (r *Record) Owner() Owner { return r.owner }

// State returns where the ownership is.
func (r *Record) State() State { return r.state }

// Generation returns the generation of the fragment's present capability.
func (r *Record) Generation() uint64 { return r.generation }

// Pending reports whether a transfer of the fragment was begun.
func (r *Record) Pending() bool { return r.receipt != 0 }

// Responsible returns the owner, or the one who released the fragment until it is claimed. If that one dies, the
// fragment has no owner for ever.
func (r *Record) Responsible() Owner {
	if r.state == StateUnowned {
		return r.releaser
	}
	return r.owner
}

// Acts reports whether the owner may act on the fragment: it has one, and no transfer is under way.
func (r *Record) Acts() bool { return r.state == StateRunning && r.receipt == 0 }

// become follows the transition table.
func (r *Record) become(states ...State) {
	for _, next := range states {
		if !r.state.mayBecome(next) {
			panic("own: " + r.state.String() + " cannot become " + next.String())
		}
		r.state = next
	}
}

// renew makes the record that of the next generation, which has no owner yet.
func (r *Record) renew(generation uint64, scope Scope) {
	*r = Record{fragment: r.fragment, generation: generation, scope: scope}
}

// run takes a new record to its owner.
func (r *Record) run(owner Owner) {
	r.owner, r.releaser = owner, ""
	r.become(StateClaimed, StateRunning)
}
