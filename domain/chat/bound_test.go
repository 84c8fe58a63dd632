package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/foldtest"
	"github.com/aura-runtime/aura/domain/moderation"
)

// TestTheLargestGroupFitsAMessage: a channel carries messages of up to 256 KiB, and receipts take up to a
// third of one.
func TestTheLargestGroupFitsAMessage(t *testing.T) {
	const room = 160 << 10
	var where []string
	for range contact.MaxAddresses {
		where = append(where, "/"+strings.Repeat("x", contact.MaxAddressSize-1))
	}
	name := strings.Repeat("\U0001F469", contact.MaxName-2)
	contacts := &contact.State{}
	in := chat.CreateIntent{Name: name}
	for i := 2; i <= chat.MaxMembers; i++ {
		p := foldtest.NewPerson(byte(i))
		context := aura.ContextID{byte(i)}
		r := ada.Own(t, aura.Logical(i), contact.KindAdded, contact.Added{
			Context: context, Authority: p.Authority(), Certificate: p.Certificate.Encode(),
			Name: fmt.Sprintf("%s%02d", name, i), Addresses: where,
		})
		contacts.Apply(&r)
		in.Members = append(in.Members, contact.Ref{Context: context, Authority: p.Authority(), Device: p.Device(), Epoch: aura.Logical(i)})
	}
	set := chat.Setting{Contacts: contacts, Moderation: &moderation.State{}}
	me := chat.Member{Authority: ada.Authority(), Certificate: ada.Certificate.Encode(), Name: name, Addresses: where}
	r, _, err := chat.Create(set, caller(ada), in, me, aura.Nonce{1}, [32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(r.Entries[0].Payload); got > room {
		t.Errorf("the description has %d bytes, the most is %d", got, room)
	}
}
