package machine_test

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
)

// handover is a delegation between two machines as far as it came: the state that each has stored, and their messages.
type handover struct {
	source, target []byte // snapshots: a machine that stops has what it stored last
	receipt        own.Receipt
	exported       []byte
	authority      own.Claim
	ready          uint64 // the receipt for which the target has the authority of an import; 0: none
	imports        int
	committed      bool // the source's commit fact, which carries the receipt
	steps          []string
}

// key tells states apart. Two states with the same machines and the same messages have the same future.
func (h *handover) key() string {
	flags := byte(0)
	if h.committed {
		flags = 1
	}
	return string(h.source) + "|" + string(h.target) + "|" + string(h.exported) +
		string([]byte{flags, byte(h.receipt.ID), byte(h.ready), byte(h.imports), byte(h.authority.Generation())})
}

// handovers walks through the delegations of one session between two machines.
type handovers struct {
	t       *testing.T
	im      *machine.Image
	options machine.Options
	a       machine.Admission
	cap     own.Capability // of the first owner
}

func (x *handovers) restore(snapshot []byte) *machine.Machine {
	m, err := machine.Restore(snapshot, newHost(1), x.options)
	if err != nil {
		x.t.Fatal(err)
	}
	return m
}

// moves are the steps that either side may take in a state, each with the state after it. A step that is refused leads
// nowhere.
func (x *handovers) moves(h handover) (next []handover) {
	type move struct {
		name string
		do   func(source, target *machine.Machine, h *handover) error
	}
	for _, m := range []move{
		{"the source begins", func(s, _ *machine.Machine, h *handover) (err error) {
			if h.receipt.ID >= 2 {
				return aura.Exhausted // the bound: two attempts
			}
			if h.receipt, err = s.BeginTransfer(x.cap, "target", own.Whole(), false); err == nil {
				h.exported, err = s.Export(x.cap)
			}
			return err
		}},
		{"the source takes it back", func(s, _ *machine.Machine, h *handover) error { return s.RollbackTransfer(h.receipt) }},
		{"the source commits", func(s, _ *machine.Machine, h *handover) error {
			if h.ready != h.receipt.ID {
				return aura.Unavailable // the target has not signed that it is ready for this receipt
			}
			h.committed = true
			return s.Depart(h.receipt)
		}},
		{"the target imports", func(_, m *machine.Machine, h *handover) (err error) {
			if h.exported == nil || h.imports == 2 {
				return aura.Exhausted // the bound: two imports
			}
			h.authority, err = m.Import(x.im, x.a, h.exported)
			h.imports++
			h.ready = h.receipt.ID
			return err
		}},
		{"the target activates", func(_, m *machine.Machine, h *handover) error {
			if !h.committed {
				return aura.Unavailable // it has not seen the commit
			}
			_, err := m.Claim(h.authority, "target")
			return err
		}},
		{"the target drops it", func(_, m *machine.Machine, h *handover) error {
			if h.committed {
				return aura.Denied
			}
			c, err := m.Claim(h.authority, "nobody")
			if err != nil {
				return err
			}
			h.ready = 0
			if err := m.Cancel(c); err == nil {
				m.Reap(nil)
			}
			return err
		}},
		{"the source steps", func(s, _ *machine.Machine, _ *handover) error { return stepped(s) }},
		{"the target steps", func(_, m *machine.Machine, _ *handover) error { return stepped(m) }},
	} {
		to := h
		s, target := x.restore(h.source), x.restore(h.target)
		if m.do(s, target, &to) != nil {
			continue
		}
		to.source, to.target = s.Snapshot(), target.Snapshot()
		to.steps = append(append([]string(nil), h.steps...), m.name)
		next = append(next, to)
	}
	return next
}

// stepped takes a step, and refuses where there is none.
func stepped(m *machine.Machine) error {
	if m.Status() != machine.StatusProgressing {
		return aura.Unavailable
	}
	_, err := m.Step()
	return err
}

// acting counts the machines in which the session has an owner that may act, or has come to its ordinary end.
func (x *handovers) acting(h handover) (n int) {
	for _, b := range [][]byte{h.source, h.target} {
		m := x.restore(b)
		for _, id := range m.Sessions() {
			v, err := m.Session(id)
			if err != nil {
				x.t.Fatal(err)
			}
			switch v.Status {
			case machine.SessionActive, machine.SessionDraining:
				if f := v.Fragments[0]; f.State == own.StateRunning && !f.Pending {
					n++
				}
			case machine.SessionClosed:
				n++
			}
		}
	}
	return n
}

// TestEveryHandoverHasOneOwner. Delegate Boundary: the transfer is atomic. All orders of the steps of both sides are walked
// through, with two attempts, a target that drops what it imported, and either machine stopped and restored between any two
// steps: never two owners act, and from everywhere one can.
func TestEveryHandoverHasOneOwner(t *testing.T) {
	x := &handovers{t: t, im: image(t, "protocol One =\n  roles A, B\n  A -> B : M\n", nil), options: machine.Options{Output: machine.IgnoreOutput()}}
	x.a = machine.AdmitTrusted(x.im, machine.IntegrityBare, machine.ReplaySequence, 1)
	m := machine.New(newHost(1), x.options)
	var err error
	if x.cap, err = m.Open(x.im, machine.Opening{Owner: "source", Name: aura.SessionID{1}, Admission: x.a}); err != nil {
		t.Fatal(err)
	}
	start := handover{source: m.Snapshot(), target: machine.New(newHost(1), x.options).Snapshot()}
	states, index := []handover{start}, map[string]int{start.key(): 0}
	var before [][]int
	for at := 0; at < len(states); at++ {
		if n := x.acting(states[at]); n > 1 {
			t.Fatalf("%d owners act after %q", n, states[at].steps)
		}
		before = append(before, nil)
		for _, to := range x.moves(states[at]) {
			id, known := index[to.key()]
			if !known {
				id = len(states)
				index[to.key()] = id
				states = append(states, to)
			}
			for len(before) <= id {
				before = append(before, nil)
			}
			before[id] = append(before[id], at)
		}
		if len(states) > 20_000 {
			t.Fatal("the bound is too wide to walk through")
		}
	}
	reaches, stack := make([]bool, len(states)), []int{}
	delegated := 0
	for i, h := range states {
		if x.acting(h) == 1 {
			reaches[i], stack = true, append(stack, i)
			if h.committed {
				delegated++
			}
		}
	}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, b := range before[at] {
			if !reaches[b] {
				reaches[b], stack = true, append(stack, b)
			}
		}
	}
	for i, ok := range reaches {
		if !ok {
			t.Errorf("nobody owns the session for ever after %q", states[i].steps)
		}
	}
	t.Logf("%d states, in %d of them the target owns the session", len(states), delegated)
	if delegated == 0 {
		t.Error("no delegation came to its end: the search does not see them")
	}
}
