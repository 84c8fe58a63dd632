package service

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
		if concerned := o.put(ada, tags, []byte(card), 0); !slices.Equal(concerned, []aura.AuthorityID{ben}) {
			t.Fatalf("%s concerns %v", card, concerned)
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
