package replica

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/transport"
)

// TestASessionRunsOverTheChannelOfItsPeerAlone is inside the package: channels are given to links by the key
// that the handshake proved, so that only a fault elsewhere brings another one here. The session refuses it.
func TestASessionRunsOverTheChannelOfItsPeerAlone(t *testing.T) {
	zeros := &transport.Channel{} // its peer proved the key of zeros
	for key, want := range map[[32]byte]error{{}: nil, {1}: aura.Denied} {
		l := &link{peer: directory.Peer{Device: roster.Device{Agreement: key}}}
		if _, err := newSession(l, zeros); !errors.Is(err, want) {
			t.Errorf("the link's peer has the key %x: got %v, want %v", key[:1], err, want)
		}
	}
}

// TestADamagedMessageIsCorrupt: a message without a body, or with one that is none, ends the conversation with an
// error that names the message.
func TestADamagedMessageIsCorrupt(t *testing.T) {
	for number := range byte(8) {
		for _, body := range []string{"", "\xff", "\x00", "\xa1\x01"} {
			var h hello
			err := decodeMessage(append([]byte{number}, body...), &h)
			if !errors.Is(err, aura.Corrupt) || !strings.Contains(err.Error(), fmt.Sprintf("message %d ", number)) {
				t.Errorf("message %d with the body %x: %v", number, body, err)
			}
		}
	}
}

// TestAPeersFaultsEndAConversation: what the own disk or the own load refuses passes, everything else does not.
func TestAPeersFaultsEndAConversation(t *testing.T) {
	for kind := aura.Denied; kind <= aura.Internal; kind++ {
		want := kind == aura.Exhausted || kind == aura.Unavailable || kind == aura.Conflict
		if got := isPassing(aura.Errorf("test", kind, "an error")); got != want {
			t.Errorf("%v passes: %t", kind, got)
		}
	}
	if isPassing(nil) {
		t.Error("success passes for a failure")
	}
}

// TestEveryContextIsSummedUp: of more contexts than a hello sums up, each has its turn within a few hellos, also while some
// come and go.
func TestEveryContextIsSummedUp(t *testing.T) {
	p := new(path)
	var links []*link
	for i := range 3*maxSummaries - 10 {
		links = append(links, &link{key: linkKey{context: aura.ContextID{byte(i >> 8), byte(i)}}})
	}
	for round := range 3 {
		turns := map[*link]int{}
		for hello := range 3 {
			got := p.turn(links, maxSummaries)
			if len(got) != maxSummaries {
				t.Fatalf("hello %d: %d contexts", hello, len(got))
			}
			for _, l := range got {
				turns[l]++
			}
		}
		for _, l := range links {
			if turns[l] == 0 {
				t.Errorf("round %d: context %v had no turn in three hellos", round, l.key.context)
			}
		}
		links = links[1:] // also the one at which a turn ended may go
	}
	if got := p.turn(links[:7], maxSummaries); len(got) != 7 {
		t.Errorf("%d of 7 contexts", len(got))
	}
}
