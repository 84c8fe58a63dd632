package session

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// Custody is what a device has of a session that may go from one device of its authority to another one. The device acts on the session only while
// it owns it.
//
//	         stand             give
//	owned ─────────▶ still ─────────▶ gone
//	 ▲  ▲  take back,  │                ▲
//	 │  └── restart ───┘                │
//	 │ claim                drop        │
//	held ───────────────────────────────┘
//
// Nothing leads back from gone: a session that comes again is another import.
type Custody uint8

// The custodies.
const (
	CustodyOwned Custody = 0 // the device acts
	CustodyStill Custody = 1 // it owns the session and does not act, while it offers it to another device
	CustodyHeld  Custody = 2 // it has the session, and another device owns it
	CustodyGone  Custody = 3 // another device has it, or none
)

func (c Custody) String() string {
	switch c {
	case CustodyOwned:
		return "owned"
	case CustodyStill:
		return "still"
	case CustodyHeld:
		return "held"
	}
	return "gone"
}

// CustodyStep is one step of a handover.
type CustodyStep uint8

// The steps.
const (
	CustodyStepStand    CustodyStep = 1
	CustodyStepTakeBack CustodyStep = 2
	CustodyStepGive     CustodyStep = 3 // the commit of the source
	CustodyStepClaim    CustodyStep = 4 // the commit of the target
	CustodyStepDrop     CustodyStep = 5
	CustodyStepRestart  CustodyStep = 6 // the agent starts from its journal
)

// After returns the custody after a step, and false for a step that does not begin there.
func (c Custody) After(s CustodyStep) (Custody, bool) {
	switch {
	case s == CustodyStepRestart && c != CustodyStill:
		return c, true
	case c == CustodyOwned && s == CustodyStepStand:
		return CustodyStill, true
	case c == CustodyStill && (s == CustodyStepTakeBack || s == CustodyStepRestart), c == CustodyHeld && s == CustodyStepClaim:
		return CustodyOwned, true
	case c == CustodyStill && s == CustodyStepGive, c == CustodyHeld && s == CustodyStepDrop:
		return CustodyGone, true
	}
	return c, false
}

// may returns aura.Stale for a step of a handover that the session cannot take here.
func (l *live) may(tc task.Context, op aura.Op, s CustodyStep) error {
	_, err := ask(tc, l.engine, func(task.Context) (struct{}, error) {
		if _, may := l.custody.After(s); !may || l.gone {
			return struct{}{}, aura.Errorf(op, aura.Stale, "session %s is %s here: its handover was decided", aura.Short(l.opening.Name), l.custody)
		}
		return struct{}{}, nil
	})
	return err
}

// pass takes a step of a handover.
func (l *live) pass(s CustodyStep) { l.custody, _ = l.custody.After(s) }

// stands reports whether the session stands still for a handover, or is about to: a channel that waited for its turn now would get it after the
// handover.
func (l *live) stands() bool { return l.custody == CustodyStill || l.moving > 0 }

// stays has the session go on after a handover that did not begin.
func (l *live) stays() {
	if l.moving--; l.stands() {
		return
	}
	for _, o := range l.channels {
		o.goOn()
	}
}

// goOn has a session go on after it stood still: frames that were dropped meanwhile come again.
func (o *spoken) goOn() {
	if o.stood = o.lost; o.deaf {
		o.deaf, o.greeted, o.heard = false, false, false
	}
	o.speaker.queue(o)
}
