package errand

import (
	"fmt"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// limit is how much this agent holds: the newest errands and answers.
var limit = fold.Limit{Items: 500, Bytes: -1}

// State is the fold of all errands: the same for any order of arrival and any repetition.
type State struct {
	asked, wanted fold.Window[Errand]
	answered      fold.Window[Answered]
	ends          fold.Window[Settled]
}

// Apply implements [domain.State].
func (s *State) Apply(r *fact.Record) {
	switch r.Fact.Kind {
	case KindAsked:
		put(&s.asked, r)
	case KindWanted:
		put(&s.wanted, r)
	case KindAnswered:
		put(&s.answered, r)
	case KindSettled:
		put(&s.ends, r)
	}
}

// put folds a fact of the owner's.
func put[T any](w *fold.Window[T], r *fact.Record) {
	var p T
	if fold.Own(&r.Fact, &p) == nil {
		w.Put(limit, fold.Item[T]{Stamp: fold.Of(r), Value: p})
	}
}

// answer returns what the person said, false when it is not known yet. The first answer counts.
func (s *State) answer(session aura.SessionID) (yes, said bool) {
	for _, a := range s.answered.Items() {
		if a.Value.Session == session {
			return a.Value.Yes, true
		}
	}
	return false, false
}

func (s *State) settled(session aura.SessionID) (Settled, bool) {
	for _, e := range s.ends.Items() {
		if e.Value.Session == session {
			return e.Value, true
		}
	}
	return Settled{}, false
}

// Errands has all errands: those for which this person asked, oldest first, then those for which this person was asked.
type Errands struct {
	All []Shown `cbor:"1,keyasint,omitempty" json:"errands"`
}

// Shown is one errand.
type Shown struct {
	Session aura.SessionID   `cbor:"1,keyasint" json:"session"`
	With    aura.AuthorityID `cbor:"2,keyasint" json:"with"`
	Text    string           `cbor:"3,keyasint" json:"text"`
	Mine    bool             `cbor:"4,keyasint,omitempty" json:"mine"` // this person asked
	State   string           `cbor:"5,keyasint" json:"state"`          // open, yes, no, or why it came to nothing
}

// Errands returns all errands.
func (s *State) Errands() (out Errands) {
	for _, e := range s.asked.Items() {
		out.All = append(out.All, s.shown(e.Value, true))
	}
	for _, e := range s.wanted.Items() {
		out.All = append(out.All, s.shown(e.Value, false))
	}
	return out
}

func (s *State) shown(e Errand, mine bool) Shown {
	v := Shown{Session: e.Session, With: e.With, Text: e.Text, Mine: mine, State: "open"}
	if how, settled := s.settled(e.Session); settled {
		v.State = how.Reason
		if how.Reason == "" {
			v.State = map[bool]string{true: "yes", false: "no"}[how.Yes]
		}
	}
	return v
}

// String returns one line for each errand.
func (e Errands) String() string {
	if len(e.All) == 0 {
		return "there are no errands"
	}
	lines := make([]string, len(e.All))
	for i, v := range e.All {
		asked := "you are asked: "
		if v.Mine {
			asked = "you asked: "
		}
		lines[i] = fmt.Sprintf("%s  %s%s  (%s)", aura.Short(v.Session), asked, v.Text, v.State)
	}
	return strings.Join(lines, "\n")
}

// Find returns the errand that a text begins the short name of. It returns aura.NotFound for none, and for several.
func (e Errands) Find(text string) (found Shown, err error) {
	n := 0
	for _, v := range e.All {
		if text != "" && strings.HasPrefix(aura.Short(v.Session), text) {
			found, n = v, n+1
		}
	}
	if n != 1 {
		return Shown{}, aura.Errorf("errand.Find", aura.NotFound, "%d errands begin with %q: the list of errands has them", n, text)
	}
	return found, nil
}

// saved is the form of a saved [State].
type saved struct {
	Asked    fold.SavedWindow[Errand]   `cbor:"1,keyasint"`
	Wanted   fold.SavedWindow[Errand]   `cbor:"2,keyasint"`
	Answered fold.SavedWindow[Answered] `cbor:"3,keyasint"`
	Ends     fold.SavedWindow[Settled]  `cbor:"4,keyasint"`
}

// Version implements [domain.State].
func (s *State) Version() int { return 1 }

// Save implements [domain.State].
func (s *State) Save() ([]byte, error) {
	return fact.MarshalState(saved{s.asked.Save(), s.wanted.Save(), s.answered.Save(), s.ends.Save()})
}

// Restore implements [domain.State].
func (s *State) Restore(state []byte) error {
	var in saved
	if err := fact.UnmarshalState(state, &in); err != nil {
		return err
	}
	*s = State{}
	s.asked.Restore(in.Asked)
	s.wanted.Restore(in.Wanted)
	s.answered.Restore(in.Answered)
	s.ends.Restore(in.Ends)
	return nil
}
