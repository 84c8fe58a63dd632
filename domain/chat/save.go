package chat

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// Groups is a [State] as far as groups go: who founded, joined and left them, and who was invited. It can be
// saved and restored without the conversations, which are larger and change with each message.
type Groups struct{ *State }

// GroupKinds names the facts that [Groups] folds.
func GroupKinds() []string { return []string{KindCreated, KindInvited, KindJoined, KindLeft} }

// savedGroups is the form of saved [Groups].
type savedGroups struct {
	Self        aura.AuthorityID                                  `cbor:"1,keyasint"`
	Threads     map[aura.ContextID]savedThread                    `cbor:"2,keyasint,omitempty"`
	Invitations map[aura.AuthorityID][]fold.Item[savedInvitation] `cbor:"3,keyasint,omitempty"`
}

type savedThread struct {
	Founded *fold.Earliest[Group]     `cbor:"1,keyasint,omitempty"`
	Joined  bool                      `cbor:"2,keyasint,omitempty"`
	Left    map[aura.AuthorityID]bool `cbor:"3,keyasint,omitempty"`
	Invited map[aura.ContextID]bool   `cbor:"4,keyasint,omitempty"`
}

type savedInvitation struct {
	Invited
	Context aura.ContextID `cbor:"3,keyasint"`
	Pair    aura.ContextID `cbor:"4,keyasint"`
}

// Apply folds one record of [GroupKinds]; others change nothing.
func (g Groups) Apply(r *fact.Record) {
	if slices.Contains(GroupKinds(), r.Fact.Kind) {
		g.State.Apply(r)
	}
}

// Version is that of the saved form and of what Apply makes of a fact: a change of either raises it.
func (g Groups) Version() int { return 1 }

// Save returns the groups for [Groups.Restore]. Equal groups have equal bytes.
func (g Groups) Save() ([]byte, error) {
	saved := savedGroups{
		Self: g.self, Threads: map[aura.ContextID]savedThread{},
		Invitations: map[aura.AuthorityID][]fold.Item[savedInvitation]{},
	}
	for context, t := range g.threads {
		if t.founded.Set || t.joined || len(t.left) > 0 || len(t.invited) > 0 {
			saved.Threads[context] = savedThread{Founded: t.founded.Save(), Joined: t.joined, Left: t.left, Invited: t.invited}
		}
	}
	for founder, of := range g.invitations {
		for _, i := range of.Items() {
			saved.Invitations[founder] = append(saved.Invitations[founder], fold.Item[savedInvitation]{
				Stamp: i.Stamp, Value: savedInvitation{i.Value.Invited, i.Value.context, i.Value.pair},
			})
		}
	}
	return fact.MarshalState(saved)
}

// Restore takes over saved groups of the same owner. It returns aura.Corrupt for anything else, and leaves
// the state as it was. The rest of the state stays.
func (g Groups) Restore(state []byte) error {
	var saved savedGroups
	if err := fact.UnmarshalState(state, &saved); err != nil {
		return err
	}
	if saved.Self != g.self {
		return aura.Errorf("chat.Restore", aura.Corrupt, "the groups are another authority's")
	}
	g.State.memo.turn++
	for _, t := range g.threads { // of groups that the saved state does not know, nothing stays
		t.founded, t.joined, t.left, t.invited = fold.Earliest[Group]{}, false, nil, nil
	}
	for context, from := range saved.Threads {
		t := g.thread(context)
		t.joined, t.left, t.invited = from.Joined, from.Left, from.Invited
		t.founded = *cmp.Or(from.Founded, &fold.Earliest[Group]{})
	}
	g.State.invitations = make(map[aura.AuthorityID]*fold.First[invitation], len(saved.Invitations))
	for founder, from := range saved.Invitations {
		items := make([]fold.Item[invitation], len(from))
		for i := range from {
			v := &from[i].Value
			items[i] = fold.Item[invitation]{Stamp: from[i].Stamp, Value: invitation{v.Invited, v.Context, v.Pair}}
		}
		g.State.invitations[founder] = fold.RestoreFirst(items)
	}
	return nil
}
