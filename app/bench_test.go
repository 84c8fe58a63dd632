package app_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// BenchmarkMessageToSignal is one message from its commit to the [app.Chats] signal of a Core with 100
// conversations of 200 messages each.
func BenchmarkMessageToSignal(b *testing.B) {
	const contacts, messages = 100, 200
	a := newAgent(b)
	for i := range contacts {
		a.own(contact.KindAdded, contact.Added{
			Context: aura.ContextID{1, byte(i)}, Authority: ben.cert.Authority(), Certificate: ben.cert.Encode(), Name: "ben",
		})
		for range messages {
			a.say(ben, fact.ContextNamespace(aura.ContextID{1, byte(i)}), aura.OperationID{}, chat.KindMessage, chat.Text{Text: "hi"})
		}
	}
	err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
		c, h := a.live(tc)
		sub, err := reactive.Subscribe(c.Hub(), app.Chats, 0)
		if err != nil {
			return err
		}
		unread := func(want int) error {
			for {
				snap, err := sub.Next(tc)
				if err != nil {
					return err
				}
				got := 0
				for _, t := range snap.Value {
					got += t.Unread
				}
				if got == want {
					return nil
				}
			}
		}
		n := contacts * messages
		if err := unread(n); err != nil {
			return err
		}
		for b.Loop() {
			a.say(ben, fact.ContextNamespace(aura.ContextID{1, byte(n % contacts)}), aura.OperationID{}, chat.KindMessage, chat.Text{Text: "hi"})
			n++
			if n > contacts*900 {
				break // beyond this, conversations are full and the number no longer grows
			}
			if err := unread(n); err != nil {
				return err
			}
		}
		return h.Join(tc, time.Second)
	})
	if err != nil {
		b.Fatal(err)
	}
}
