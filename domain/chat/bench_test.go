package chat_test

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
)

// full is a house with a conversation of 1,000 messages.
func full(b *testing.B) *house {
	h := newHouse(b)
	for i := range uint64(1000) {
		h.apply(ben.Shared(b, adaBen, aura.Logical(10+i), 1+i, chat.KindMessage, text("the quick brown fox jumps over the lazy dog")))
	}
	b.ReportAllocs()
	b.ResetTimer()
	return h
}

func BenchmarkSend(b *testing.B) {
	h := full(b)
	for b.Loop() {
		if _, err := chat.Send(h.chats, h.set, caller(ada), chat.SendIntent{To: h.ref(adaBen), Text: "hi"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkApply(b *testing.B) {
	h := full(b)
	r := ben.Shared(b, adaBen, 2000, 2000, chat.KindMessage, text("the quick brown fox jumps over the lazy dog"))
	for b.Loop() {
		next := r
		r.Fact.Logical++
		next.Fact.Logical = r.Fact.Logical
		next.ID = aura.FactID{byte(next.Fact.Logical), byte(next.Fact.Logical >> 8)}
		h.chats.Apply(&next)
	}
}

func BenchmarkLastTwenty(b *testing.B) {
	h := full(b)
	for b.Loop() {
		if m, _ := h.chats.Messages(h.set, adaBen, 20); len(m) != 20 {
			b.Fatal("not twenty")
		}
	}
}

func BenchmarkThreads(b *testing.B) {
	h := full(b)
	for b.Loop() {
		if len(h.chats.Threads(h.set)) != 2 {
			b.Fatal("not two")
		}
	}
}
