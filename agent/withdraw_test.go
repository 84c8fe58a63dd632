package agent_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// withdraw takes an action back, as a frontend does, within a budget.
func withdraw(t *testing.T, tc task.Context, p *auratest.Person, op aura.OperationID, within aura.Duration) (running bool) {
	t.Helper()
	tc, done := tc.WithBudget("withdraw", within)
	defer done()
	payload, err := fact.Marshal(status.Withdraw{Operation: op})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := p.Agent.Ask(tc, fact.Question{Kind: status.QuestionWithdraw, Payload: payload})
	var w status.Withdrawn
	if err == nil {
		err = fact.Unmarshal(answer.Payload, &w)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w.Running
}

// left counts the facts that an action left.
func left(t *testing.T, tc task.Context, p *auratest.Person, op aura.OperationID) (n int) {
	t.Helper()
	sel := fact.Selection{Author: p.Ring.Authority(), Operation: op}
	if _, err := p.Agent.Journal().Read(tc, sel, func(fact.Record) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAnActionIsWithdrawn asks the question "operation.withdraw" at each stage of an action. The answer that it is not
// running is final: the journal then holds all its facts.
func TestAnActionIsWithdrawn(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		disk := ada.Disk
		name := func(tc task.Context, op aura.OperationID, name string) error {
			b, err := fact.Marshal(contact.NameIntent{Name: name})
			if err == nil {
				_, err = ada.Agent.Submit(tc, fact.Intent{Kind: contact.IntentName, Operation: op, Payload: b})
			}
			return err
		}
		for _, payload := range [][]byte{nil, {0xff}, {0xa1, 0x01, 0x02}} {
			_, err := ada.Agent.Ask(tc, fact.Question{Kind: status.QuestionWithdraw, Payload: payload})
			if !errors.Is(err, aura.Invalid) {
				t.Errorf("the question %x: %v", payload, err)
			}
		}

		early := aura.OperationID{1}
		if withdraw(t, tc, ada, early, time.Second) {
			t.Error("an action that has not come is running")
		}
		if err := name(tc, early, "Early"); !errors.Is(err, aura.Cancelled) {
			t.Errorf("a withdrawn action that comes late: %v", err)
		}
		if err := tc.Sleep(3 * time.Second); err != nil {
			t.Fatal(err)
		}
		if err := name(tc, early, "Ada"); err != nil {
			t.Errorf("another attempt: %v", err)
		}
		if withdraw(t, tc, ada, early, time.Second) || left(t, tc, ada, early) != 1 {
			t.Errorf("an action that is done left %d facts", left(t, tc, ada, early))
		}

		// The disk is busy with one action, and another one waits behind it.
		disk.SetFaults(journal.Faults{Stuck: true})
		g := task.NewGroup(tc, "callers")
		held, waits := aura.OperationID{2}, aura.OperationID{3}
		ends := map[aura.OperationID]error{}
		for _, op := range []aura.OperationID{held, waits} {
			g.Go("caller", func(tc task.Context) error {
				ends[op] = name(tc, op, "Ada L")
				return nil
			})
			if err := tc.Sleep(100 * time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
		if withdraw(t, tc, ada, waits, time.Second) {
			t.Error("an action that waits for the disk cannot be withdrawn")
		}
		if !withdraw(t, tc, ada, held, time.Second) {
			t.Error("an action on the disk is reported as running")
		}
		disk.SetFaults(journal.Faults{})
		if err := g.Wait(tc); err != nil {
			t.Fatal(err)
		}
		if !errors.Is(ends[waits], aura.Cancelled) || ends[held] != nil {
			t.Errorf("the action that waited: %v; that which the disk had: %v", ends[waits], ends[held])
		}
		if err := tc.Sleep(time.Minute); err != nil {
			t.Fatal(err)
		}
		if withdraw(t, tc, ada, held, time.Second) || left(t, tc, ada, held) != 1 || left(t, tc, ada, waits) != 0 {
			t.Errorf("that which the disk had left %d facts, the other one %d", left(t, tc, ada, held), left(t, tc, ada, waits))
		}
		ada.Stop(tc)
	})
}
