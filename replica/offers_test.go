package replica

import (
	"slices"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
)

// TestAContactThatComesBackIsIntroducedAgain: a contact that was removed and met again counts what it says from
// one, and those who were told of it before are told again.
func TestAContactThatComesBackIsIntroducedAgain(t *testing.T) {
	o := offers{of: map[aura.AuthorityID]*offer{}}
	ada, ben, tags := aura.AuthorityID{1}, aura.AuthorityID{2}, []contact.Tag{{7}}
	anybody := func(aura.AuthorityID) bool { return true }
	o.put(ben, tags, []byte("ben"), 0)
	for _, card := range []string{"ada", "ada, elsewhere"} {
		if mutual := o.put(ada, tags, []byte(card), 0); !slices.Equal(mutual, []aura.AuthorityID{ben}) {
			t.Fatalf("%s concerns %v", card, mutual)
		}
		for want := range 2 {
			cards := o.next(ben, 0, anybody)
			if len(cards) != 1-want || want == 0 && string(cards[0].Card) != card {
				t.Errorf("%s: Ben is given %v", card, cards)
			}
		}
		o.drop(ada)
	}
}

// TestOneOfSeveralCommonTagsIsChosenAlike: two who miss each other in several groups have several tags in common, and
// the same world must introduce them by the same one.
func TestOneOfSeveralCommonTagsIsChosenAlike(t *testing.T) {
	ada, ben := aura.AuthorityID{1}, aura.AuthorityID{2}
	tags := []contact.Tag{{3}, {4}, {5}, {6}, {7}}
	for range 64 {
		o := offers{of: map[aura.AuthorityID]*offer{}}
		o.put(ben, append([]contact.Tag{{1}}, tags...), []byte("ben"), 0)
		o.put(ada, append([]contact.Tag{{2}}, tags...), []byte("ada"), 0)
		for _, who := range []aura.AuthorityID{ada, ben} {
			cards := o.next(who, 0, func(aura.AuthorityID) bool { return true })
			if len(cards) != 1 || cards[0].Tag != tags[0] {
				t.Fatalf("%v is given %v", who, cards)
			}
		}
	}
}
