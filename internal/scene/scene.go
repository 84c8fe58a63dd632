package scene

import (
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/replica"
	"github.com/aura-runtime/aura/task"
)

// Restart crashes the process, if there is one, and begins the next.
func Restart(tc task.Context, p *auratest.Person) {
	p.World.Helper()
	p.Crash()
	p.Start(tc)
}

// Messages returns the messages of a context, as this person has them.
func Messages(tc task.Context, p *auratest.Person, context aura.ContextID) []chat.Message {
	p.World.Helper()
	v := p.Look(tc)
	all, _ := v.Chats.Messages(v.Setting, context, 0)
	return all
}

// States counts the own messages of a context by state and reason.
func States(tc task.Context, p *auratest.Person, context aura.ContextID) map[string]int {
	p.World.Helper()
	states := map[string]int{}
	for _, m := range Messages(tc, p, context) {
		if m.Mine {
			state := m.State.String()
			if m.Reason != "" {
				state += ": " + m.Reason
			}
			states[state]++
		}
	}
	return states
}

// Has waits until a reader has texts of an author in a context, and no others.
func Has(tc task.Context, w *auratest.World, group aura.ContextID, reader, author *auratest.Person, want ...string) {
	w.Helper()
	if !w.Until(tc, reader.Name+" reads "+author.Name, 3*time.Minute, func() bool {
		return len(reader.Heard(tc, group, author)) >= len(want)
	}) {
		return
	}
	if diff := cmp.Diff(want, reader.Heard(tc, group, author)); diff != "" {
		w.Errorf("%s has of %s: %s", reader.Name, author.Name, diff)
	}
}

// With returns a person's state about another as a contact.
func With(tc task.Context, p, other *auratest.Person) (contact.Contact, bool) {
	p.World.Helper()
	return p.Look(tc).Contacts.ByAuthority(other.Self())
}

// Invites makes an invitation with a life.
func Invites(tc task.Context, p *auratest.Person, life aura.Duration) (code invite.CreateResult) {
	p.World.Helper()
	p.Do(tc, invite.IntentCreate, invite.CreateIntent{Life: life}, &code)
	return code
}

// Knows reports whether a person has another as a contact.
func Knows(tc task.Context, p, other *auratest.Person) bool {
	p.World.Helper()
	_, ok := p.Look(tc).Contacts.ByAuthority(other.Self())
	return ok
}

// Friends checks that two people are contacts of each other with one context and one verification code, and
// can talk.
func Friends(tc task.Context, w *auratest.World, a, b *auratest.Person) {
	w.Helper()
	var there, back = struct{ context, code string }{}, struct{ context, code string }{}
	ok := w.Until(tc, "both have the contact", 3*time.Minute, func() bool {
		x, hasB := a.Look(tc).Contacts.ByAuthority(b.Self())
		y, hasA := b.Look(tc).Contacts.ByAuthority(a.Self())
		there.context, there.code = x.Context.String(), x.Verification
		back.context, back.code = y.Context.String(), y.Verification
		return hasA && hasB
	})
	if !ok {
		return
	}
	if there != back || there.code == "" {
		w.Errorf("%s has %v, %s has %v", a.Name, there, b.Name, back)
	}
	contact, _ := a.Look(tc).Contacts.ByAuthority(b.Self())
	a.Say(tc, contact.Context, "hello")
	w.Until(tc, "a message", 2*time.Minute, func() bool { return States(tc, a, contact.Context)["delivered"] > 0 })
}

// dying crashes its person at the n-th commit of an exchange: before it is durable, or after that and before
// the caller learns of it.
type dying struct {
	interp.Interpreter
	left  *int
	after bool
	die   func()
}

// DiesAt lets a person's next process crash when it has made so many commits. It reports whether that
// happened.
func DiesAt(p *auratest.Person, left *int, after bool) (died *bool) {
	died = new(bool)
	p.Options.Wrap = func(inner interp.Interpreter) interp.Interpreter {
		return dying{inner, left, after, func() {
			*died = true
			p.Crash()
		}}
	}
	return died
}

func (d dying) Execute(tc task.Context, decision *interp.Decision) (effect.Result, error) {
	writes := false
	for i := range decision.Commands {
		kind := decision.Commands[i].Kind
		writes = writes || kind == effect.AppendJournal || kind == effect.StoreMetadata
	}
	if writes {
		*d.left--
	}
	if writes && *d.left == 0 && !d.after {
		d.die()
	}
	result, err := d.Interpreter.Execute(tc, decision)
	if writes && *d.left == 0 && d.after && err == nil {
		d.die()
	}
	return result, err
}

// Paid returns the units that one person counted of another one's messages of sessions.
func Paid(at, by *auratest.Person, context aura.ContextID) (s guard.Spending) {
	at.World.Helper()
	b, err := at.Agent.Journal().Meta(replica.SpendingKey(context, by.Self(), effect.ReceiptKindParcel))
	if err == nil && b != nil {
		err = fact.Unmarshal(b, &s)
	}
	if err != nil {
		at.World.Fatalf("%v", err)
	}
	return s
}

// Accepts takes up an invitation.
func Accepts(tc task.Context, p *auratest.Person, code invite.CreateResult) error {
	return p.Submit(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
}
