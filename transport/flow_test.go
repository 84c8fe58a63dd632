package transport

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/flynn/noise"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
)

// These tests are inside the package: a flow and a window are pure state machines that nothing outside
// can reach without sealed cells.

// chance is an entropy source for retries.
type chance struct{ *rand.ChaCha8 }

func newChance() chance { return chance{rand.NewChaCha8([32]byte{1})} }

// wire is one direction between two flows.
type wire struct {
	at     time.Duration
	number uint64
	body   []byte
}

func TestFlowDeliversWhatWasQueued(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loss := rapid.IntRange(0, 40).Draw(t, "loss percent")
		jitter := time.Duration(rapid.IntRange(0, 100).Draw(t, "jitter ms")) * time.Millisecond
		sizes := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(1, 200), rapid.IntRange(1, 20_000)), 1, 40).Draw(t, "sizes")
		dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		var ends [2]flow
		for i := range ends {
			ends[i] = newFlow(0, newChance(), time.Hour, time.Hour)
		}
		for i, n := range sizes {
			ends[0].queue(bytes.Repeat([]byte{byte(i + 1)}, n))
		}
		var wires [2][]wire // towards end i
		body := make([]byte, bodySize)
		got, now := 0, time.Duration(0)
		for steps := 0; got < len(sizes); steps++ {
			if steps > 200_000 {
				t.Fatalf("%d of %d messages after %v", got, len(sizes), now)
			}
			next := time.Hour * 24
			for i := range ends {
				if err := ends[i].tick(now); err != nil {
					t.Fatal(err)
				}
				for {
					number, ok := ends[i].fill(now, body)
					if !ok {
						break
					}
					if dice.IntN(100) >= loss {
						late := now + 10*time.Millisecond + time.Duration(dice.Int64N(int64(jitter)+1))
						wires[1-i] = append(wires[1-i], wire{late, number, slices.Clone(body)})
					}
				}
				next = min(next, ends[i].next(now))
			}
			for _, w := range append(slices.Clone(wires[0]), wires[1]...) {
				next = min(next, w.at)
			}
			now = max(now, next)
			for i := range ends {
				wires[i] = slices.DeleteFunc(wires[i], func(w wire) bool {
					if w.at > now {
						return false
					}
					if err := ends[i].take(now, w.number, w.body); err != nil {
						t.Fatal(err)
					}
					return true
				})
			}
			for {
				msg, _ := ends[1].pop(now)
				if msg == nil {
					break
				}
				if want := bytes.Repeat([]byte{byte(got + 1)}, sizes[got]); !bytes.Equal(msg, want) {
					t.Fatalf("message %d differs", got)
				}
				got++
			}
		}
	})
}

// TestRoundTripsAreEstimatedAsTheStandardSays compares the estimate with the formulas of RFC 6298, section 2, in
// floating point.
func TestRoundTripsAreEstimatedAsTheStandardSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f flow
		var smoothed, variance float64
		for i, rtt := range rapid.SliceOfN(rapid.Int64Range(1e6, 10e9), 1, 50).Draw(t, "round trips") {
			f.measureRTT(time.Duration(rtt))
			if r := float64(rtt); i == 0 {
				smoothed, variance = r, r/2
			} else {
				variance = 0.75*variance + 0.25*math.Abs(smoothed-r)
				smoothed = 0.875*smoothed + 0.125*r
			}
			// Each division of the estimate drops less than a nanosecond.
			if math.Abs(float64(f.smoothed)-smoothed) > 100 || math.Abs(float64(f.variance)-variance) > 100 {
				t.Fatalf("after %d round trips %v ± %v, want %v ± %v", i+1, f.smoothed, f.variance,
					time.Duration(smoothed), time.Duration(variance))
			}
		}
	})
}

// FuzzFlowTake feeds a flow bodies that a member of the context made up: none may panic, or make it keep
// more than its bounds.
func FuzzFlowTake(f *testing.F) {
	honest := newFlow(0, newChance(), time.Hour, time.Hour)
	honest.queue([]byte("hello"))
	body := make([]byte, bodySize)
	honest.fill(0, body)
	f.Add(uint64(1), body)
	f.Add(uint64(1<<40), append([]byte{flagProbe | flagClose}, bytes.Repeat([]byte{0xff}, bodySize-1)...))
	f.Fuzz(func(t *testing.T, number uint64, raw []byte) {
		fl := newFlow(0, newChance(), time.Hour, time.Hour)
		fl.queue(make([]byte, 5000))
		out := make([]byte, bodySize)
		for i := range 50 {
			now := time.Duration(i) * time.Second
			if fl.tick(now) != nil {
				return
			}
			fl.fill(now, out)
			in := make([]byte, bodySize)
			copy(in, raw)
			// Vary where the chunk lies, to reach the store of early chunks.
			offset := binary.BigEndian.Uint64(in[offsetAt:])
			binary.BigEndian.PutUint64(in[offsetAt:], offset+uint64(i)*uint64(number%997))
			if fl.take(now, number+uint64(i), in) != nil {
				return
			}
			if _, err := fl.ready(); err != nil {
				return
			}
			fl.pop(now)
			if fl.in.len() > receiveWindow || len(fl.pieces) > maxPieces || len(fl.inFlight) > maxFlight {
				t.Fatalf("bounds: %d bytes, %d pieces, %d flights", fl.in.len(), len(fl.pieces), len(fl.inFlight))
			}
		}
	})
}

// hostileFlow is a flow that has sent one cell and the body that an honest peer would answer with.
func hostileFlow(t *testing.T) (f flow, body []byte) {
	t.Helper()
	f = newFlow(0, newChance(), time.Hour, time.Hour)
	f.queue([]byte("hello"))
	out := make([]byte, bodySize)
	if _, ok := f.fill(0, out); !ok {
		t.Fatal("the flow sends nothing")
	}
	body = make([]byte, bodySize)
	binary.BigEndian.PutUint64(body[receivedAt:], f.sent)
	binary.BigEndian.PutUint64(body[limitAt:], receiveWindow)
	binary.BigEndian.PutUint64(body[largestAt:], f.number)
	return f, body
}

// TestAClosedWindowIsAskedAboutOnlyWhenSomethingWaits: a peer that closed its window at the last byte is left alone
// until there is more to send. Then it is asked whether there is room again.
func TestAClosedWindowIsAskedAboutOnlyWhenSomethingWaits(t *testing.T) {
	f, body := hostileFlow(t)
	f.limit = f.sent
	binary.BigEndian.PutUint64(body[limitAt:], f.sent)
	if err := f.take(0, 1, body); err != nil {
		t.Fatal(err)
	}
	cells := func(from, to time.Duration) (n int) {
		out := make([]byte, bodySize)
		for now := from; now < to; now += time.Second {
			if err := f.tick(now); err != nil {
				t.Fatal(err)
			}
			for {
				if _, ok := f.fill(now, out); !ok {
					break
				}
				if binary.BigEndian.Uint16(out[chunkAt:]) > 0 {
					t.Fatalf("at %v bytes are sent into a closed window", now)
				}
				n++
			}
		}
		return n
	}
	if n := cells(time.Second, 10*time.Minute); n > 0 {
		t.Errorf("%d cells in ten minutes in which nothing was to be sent", n)
	}
	f.queue([]byte("more"))
	if n := cells(10*time.Minute, 12*time.Minute); n == 0 {
		t.Error("nobody asks the peer for room")
	}
}

// TestWhatWasNeverSentCannotBeAcknowledged: a peer that names later bytes or later cells than were sent breaks
// the rules, and the flow keeps its unsent bytes.
func TestWhatWasNeverSentCannotBeAcknowledged(t *testing.T) {
	for name, at := range map[string]int{"": 0, "bytes": receivedAt, "cells": largestAt} {
		f, body := hostileFlow(t)
		want := aura.Kind(0)
		if at != 0 {
			binary.BigEndian.PutUint64(body[at:], binary.BigEndian.Uint64(body[at:])+1)
			want = aura.Corrupt
		}
		base := f.base
		err := f.take(0, 1, body)
		if aura.KindOf(err) != want {
			t.Errorf("%q: got %v, want kind %v", name, err, want)
		}
		if at != 0 && f.base != base {
			t.Errorf("%q: the flow gave up what the peer does not have", name)
		}
	}
}

// TestAMessageOfImpossibleLengthIsRefused: a length that no message has ends the channel before its bytes come.
func TestAMessageOfImpossibleLengthIsRefused(t *testing.T) {
	for size, want := range map[uint64]aura.Kind{
		0: aura.Corrupt, 1: 0, MaxMessage: 0, MaxMessage + 1: aura.Corrupt, 1 << 62: aura.Corrupt,
	} {
		f, body := hostileFlow(t)
		n := binary.PutUvarint(body[dataAt:], size)
		binary.BigEndian.PutUint16(body[chunkAt:], uint16(n))
		if err := f.take(0, 1, body); err != nil {
			t.Fatal(err)
		}
		if _, err := f.ready(); aura.KindOf(err) != want {
			t.Errorf("length %d: got %v, want kind %v", size, err, want)
		}
	}
}

// TestEarlyChunksAreBounded: a peer that leaves out the first byte cannot make a flow keep more than maxPieces
// chunks. A chunk that finds no room was not received and travels again.
func TestEarlyChunksAreBounded(t *testing.T) {
	f, body := hostileFlow(t)
	binary.BigEndian.PutUint16(body[chunkAt:], 1)
	for i := range uint64(maxPieces + 10) {
		number := i + 1
		binary.BigEndian.PutUint64(body[offsetAt:], 2*i+1)
		if err := f.take(0, number, body); err != nil {
			t.Fatal(err)
		}
		if kept := !f.seen.fresh(number); kept != (i < maxPieces) {
			t.Fatalf("chunk %d counts as received: %t", i, kept)
		}
	}
	if len(f.pieces) != maxPieces {
		t.Errorf("%d chunks are kept, the most is %d", len(f.pieces), maxPieces)
	}
}

// TestWindowEndsWhereItSays: the oldest number of the window is told apart from a replay, the one below is not.
func TestWindowEndsWhereItSays(t *testing.T) {
	var w window
	w.mark(5000)
	for number, want := range map[uint64]bool{
		5000: false, 5001: true, 5000 - windowSize + 1: true, 5000 - windowSize: false, 5000 - windowSize - 1: false, 0: false,
	} {
		if got := w.fresh(number); got != want {
			t.Errorf("fresh(%d) is %t", number, got)
		}
	}
}

func TestWindowKnowsWhatItSaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w window
		seen := make(map[uint64]bool)
		largest := uint64(0)
		for range rapid.IntRange(1, 400).Draw(t, "count") {
			n := rapid.OneOf(
				rapid.Uint64Range(0, 300), rapid.Uint64Range(0, 5000),
				rapid.Custom(func(t *rapid.T) uint64 { return largest + rapid.Uint64Range(1, 70).Draw(t, "ahead") }),
			).Draw(t, "number")
			want := n > 0 && (n > largest || largest-n < windowSize && !seen[n])
			if got := w.fresh(n); got != want {
				t.Fatalf("fresh(%d) is %v with %d as the largest", n, got, largest)
			}
			if want {
				w.mark(n)
				seen[n] = true
				largest = max(largest, n)
			}
			var recent [ackBits / 8]byte
			w.recent(&recent)
			for i := range uint64(ackBits) {
				if got := recent[i/8]&(1<<(i%8)) != 0; got != (i < largest && seen[largest-i]) {
					t.Fatalf("recent says %v of %d with %d as the largest", got, largest-i, largest)
				}
			}
		}
	})
}

func TestQueueIsFirstInFirstOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var want []byte
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			add := rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(t, "add")
			q.append(add)
			want = append(want, add...)
			n := rapid.IntRange(0, len(want)).Draw(t, "discard")
			q.discard(n)
			want = want[n:]
			if !bytes.Equal(q.bytes(), want) || q.len() != len(want) {
				t.Fatal("the queue holds other bytes")
			}
		}
	})
}

// sealed makes a pair of keys and an opener for one direction.
func sealed() (sealKeys, opener) {
	k := sealKeys{secret: [32]byte{9}}
	k.derive()
	return k, opener{keys: k, first: 1}
}

func sealOne(k *sealKeys, number uint64) []byte {
	cell := make([]byte, CellSize)
	cell[sealedAt] = byte(number)
	k.seal(cell, number)
	return cell
}

func TestOpenerFollowsGenerationsAndForgetsThem(t *testing.T) {
	keys, o := sealed()
	old := keys
	open := func(what string, cell []byte, ok bool) {
		t.Helper()
		number, body, err := o.open(slices.Clone(cell))
		if (err == nil) != ok || ok && (body[0] != byte(number)) {
			t.Errorf("%s: %v", what, err)
		}
		if err != nil && aura.KindOf(err) != aura.Denied {
			t.Errorf("%s: kind of %v", what, err)
		}
	}
	open("first", sealOne(&keys, 1), true)
	overtaken := sealOne(&keys, 2)
	keys.step()
	open("next generation", sealOne(&keys, 5), true)
	open("overtaken cell of the last", overtaken, true)
	open("old generation with a new number", sealOne(&old, 9), false)
	open("distant number", sealOne(&keys, 6+windowSize), true)
	open("overtaken cell, too late", sealOne(&old, 3), false)
	keys.step()
	keys.step()
	open("two generations on", sealOne(&keys, 4000), true)
	for range maxLeap + 1 {
		keys.step()
	}
	open("too far ahead", sealOne(&keys, 4001), false)
	if o.keys.generation != 3 {
		t.Errorf("a refused cell moved the opener to generation %d", o.keys.generation)
	}
}

func FuzzOpen(f *testing.F) {
	keys, _ := sealed()
	f.Add(sealOne(&keys, 1))
	f.Add(make([]byte, CellSize))
	good := sealOne(&keys, 1)
	f.Fuzz(func(t *testing.T, cell []byte) {
		if kind, err := cellKind(cell); err != nil || kind != kindData {
			return
		}
		_, o := sealed()
		if _, _, err := o.open(slices.Clone(cell)); err == nil && !bytes.Equal(cell, good) {
			t.Fatal("a cell that the peer did not seal was opened")
		}
	})
}

// TestTheAgreementIsX25519: both keys of a side give what the library's own X25519 gives, and a point that would
// make the secret public is refused.
func TestTheAgreementIsX25519(t *testing.T) {
	static, err := newIdentity([32]byte{8, 1})
	if err != nil {
		t.Fatal(err)
	}
	peer, err := newIdentity([32]byte{8, 2})
	if err != nil {
		t.Fatal(err)
	}
	a := &agreement{static: static}
	ephemeral, err := a.GenerateKeypair(newChance())
	if err != nil {
		t.Fatal(err)
	}
	if want, err := noise.DH25519.GenerateKeypair(newChance()); err != nil || !bytes.Equal(ephemeral.Public, want.Public) {
		t.Errorf("the ephemeral key is %x, want %x (%v)", ephemeral.Public, want.Public, err)
	}
	for name, own := range map[string]noise.DHKey{"static": static.key, "ephemeral": ephemeral} {
		got, err := a.DH(own.Private, peer.key.Public)
		if err != nil {
			t.Fatal(err)
		}
		want, err := noise.DH25519.DH(own.Private, peer.key.Public)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %x, want %x (%v)", name, got, want, err)
		}
		if _, err := a.DH(own.Private, make([]byte, 32)); err == nil {
			t.Errorf("%s: a point of low order is taken", name)
		}
	}
}

// FuzzHandshake feeds both sides of a handshake arbitrary cells.
func FuzzHandshake(f *testing.F) {
	responder, err := newIdentity([32]byte{8, 1})
	if err != nil {
		f.Fatal(err)
	}
	other, err := newIdentity([32]byte{8, 2})
	if err != nil {
		f.Fatal(err)
	}
	psk := [32]byte{3}
	secret := &Secret{PSK: psk, Anyone: true}
	in, err := initiate(other, [32]byte(responder.key.Public), psk, newChance())
	if err != nil {
		f.Fatal(err)
	}
	_, reply, err := respond(responder, secret, in.first[:], newChance())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(in.first[:])
	f.Add(reply[:])
	f.Fuzz(func(t *testing.T, raw []byte) {
		kind, err := cellKind(raw)
		if err != nil {
			return
		}
		if _, _, err := respond(responder, secret, raw, newChance()); err == nil && !bytes.Equal(raw[firstAt:], in.first[firstAt:]) {
			t.Fatal("a first cell that the initiator did not make was answered")
		}
		again, err := initiate(other, [32]byte(responder.key.Public), psk, newChance())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := again.finish(raw); err == nil && kind == kindReply && !bytes.Equal(raw[replyAt:], reply[replyAt:]) {
			t.Fatal("a reply that the responder did not make was taken")
		}
	})
}

// TestTheHandshakeBindsItsTag: two contexts may share a pre-shared key by mistake or malice. A first cell that
// was made for the tag of one does not open under the tag of the other.
func TestTheHandshakeBindsItsTag(t *testing.T) {
	responder, err := newIdentity([32]byte{8, 1})
	if err != nil {
		t.Fatal(err)
	}
	other, err := newIdentity([32]byte{8, 2})
	if err != nil {
		t.Fatal(err)
	}
	psk := [32]byte{3}
	for changed, want := range map[bool]aura.Kind{false: 0, true: aura.Denied} {
		in, err := initiate(other, [32]byte(responder.key.Public), psk, newChance())
		if err != nil {
			t.Fatal(err)
		}
		if changed {
			in.first[tagAt] ^= 1
		}
		if _, _, err := respond(responder, &Secret{PSK: psk, Anyone: true}, in.first[:], newChance()); aura.KindOf(err) != want {
			t.Errorf("tag changed %t: got %v, want kind %v", changed, err, want)
		}
	}
}

func FuzzCellKind(f *testing.F) {
	f.Add([]byte{})
	f.Add(refusal())
	f.Fuzz(func(t *testing.T, raw []byte) {
		kind, err := cellKind(raw)
		if (err == nil) != (len(raw) == CellSize && raw[0] == Version && kind >= kindFirst && kind <= kindRefuse) {
			t.Fatalf("kind %d, %v", kind, err)
		}
	})
}
