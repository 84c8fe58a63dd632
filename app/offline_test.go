package app_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/contract"
	"github.com/aura-runtime/aura/task"
)

// offline is a Core without an agent that knows ben.
func offline(t *testing.T, tc task.Context) *app.Core {
	t.Helper()
	a := met(t, ben)
	c, err := app.NewOffline(tc, ada.cert.Authority(), ada.cert.Device(), &counter{}, app.OfflineOptions{Records: a.records})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOfflineFoldsLocalFactsAndRefusesWhatNeedsAPeer(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		c := offline(t, tc)
		to := resolve(t, tc, c, "ben")
		if _, err := c.Rename(tc, to, "Benjamin"); err != nil {
			t.Error(err)
		}
		if got := resolve(t, tc, c, "benjamin"); got.Context != to.Context {
			t.Errorf("the new name resolves to %+v", got)
		}
		for name, err := range map[string]error{
			"send":   second(c.Send(tc, to, "hi", aura.FactID{})),
			"invite": second(c.Invite(tc, 0)),
			"read":   c.MarkRead(tc, to),
			"group":  second(c.CreateGroup(tc, "friends", []app.Ref{to})),
		} {
			if !errors.Is(err, aura.Unavailable) || !strings.Contains(aura.Reason(err), "no agent") {
				t.Errorf("%s: %v, want unavailable", name, err)
			}
		}
		if err := c.Block(tc, to); err != nil {
			t.Error(err)
		}
		m, h := modelOf(t, tc, task.NewGroup(tc, "frontend"), c)
		shows(t, tc, m, app.Contacts, func(v []contact.Contact) bool { return len(v) == 1 && v[0].Name == "Benjamin" })
		shows(t, tc, m, app.Moderation, func(v moderation.Moderation) bool { return len(v.Blocked) == 1 })
		stop(t, tc, h)
	})
}

func second[T any](_ T, err error) error { return err }

func TestOfflineBridgeKeepsTheContract(t *testing.T) {
	contract.Bridge(t, func(t *testing.T) contract.World {
		body := func(v any) []byte {
			b, err := fact.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		return contract.World{
			Run: func(fn func(task.Context, contract.Subject)) {
				within(t, task.NewSim(1, task.SimOptions{}), func(t *testing.T, tc task.Context) {
					fn(tc, offline(t, tc).Bridge())
				})
			},
			Intent: func(i int) fact.Intent {
				return fact.Intent{
					Kind: contact.IntentName, Operation: aura.OperationID{1, byte(i)},
					Payload: body(contact.NameIntent{Name: "ada the " + string(rune('a'+i))}),
				}
			},
			Refused:   fact.Intent{Kind: contact.IntentName, Operation: aura.OperationID{2}, Payload: body(contact.NameIntent{})},
			RefusedAs: aura.Invalid,
		}
	})
}

func TestOfflineOnAJournalTakesNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c, err := app.NewOffline(tc, ada.cert.Authority(), ada.cert.Device(), &counter{}, app.OfflineOptions{Journal: a})
		if err != nil {
			t.Fatal(err)
		}
		to := resolve(t, tc, c, "ben")
		for name, err := range map[string]error{
			"rename": second(c.Rename(tc, to, "Benjamin")), // would be lost
			"send":   second(c.Send(tc, to, "hi", aura.FactID{})),
			"query":  second(c.Query(tc, `contact:self($id, $name)`, 0)),
		} {
			if !errors.Is(err, aura.Unavailable) || !strings.Contains(aura.Reason(err), "aura up") {
				t.Errorf("%s: %v, want unavailable", name, err)
			}
		}
		if got := resolve(t, tc, c, "ben"); got.Name != to.Name {
			t.Errorf("the refused name is there: %+v", got)
		}
	})
}

func TestTheDemoAccountIsSound(t *testing.T) {
	within(t, task.NewSim(1, task.SimOptions{}), func(t *testing.T, tc task.Context) {
		c, err := app.NewDemo(tc, &counter{}, app.Options{})
		if err != nil {
			t.Fatal(err)
		}
		set, err := builtin.New()
		if err != nil {
			t.Fatal(err)
		}
		err = c.Bridge().Watch(tc, fact.Selection{}, func(up fact.Update) error {
			for i := range up.Records {
				f := &up.Records[i].Fact
				if err := set.Registry().Check(f); err != nil {
					t.Errorf("fact %d, %s: %v", i+1, f.Kind, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"Ben", "Cleo from the club", "Dan", "Regatta"} {
			if _, err := c.Resolve(tc, name); err != nil {
				t.Error(err)
			}
		}
	})
}
