package machine

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"pgregory.net/rapid"
)

func TestTheMacIsHMAC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 32, 64).Draw(t, "key")
		msg := rapid.SliceOf(rapid.Byte()).Draw(t, "message")
		s := newHasher()
		var k macKey
		s.derive(&k, key)
		want := hmac.New(sha256.New, key)
		want.Write(msg)
		for range 2 { // the state is used again
			if got := s.mac(&k, msg); !hmac.Equal(got[:], want.Sum(nil)) {
				t.Fatal("another MAC")
			}
		}
	})
}

// naive is the root of a list of leaves, computed from all of them: the largest complete subtree on the
// left, the rest on the right.
func naive(s *hasher, leaves [][32]byte) [32]byte {
	if len(leaves) == 1 {
		return leaves[0]
	}
	n := 1
	for 2*n < len(leaves) {
		n *= 2
	}
	l, r := naive(s, leaves[:n]), naive(s, leaves[n:])
	return s.digest(domainNode, l[:], r[:])
}

func TestTheTreeHasTheRootOfItsLeaves(t *testing.T) {
	s := newHasher()
	var tr tree
	var leaves [][32]byte
	for i := range 70 {
		leaf := s.digest(domainLeaf, []byte{byte(i)}, nil)
		leaves = append(leaves, leaf)
		tr.append(s, leaf)
		if tr.root(s) != naive(s, leaves) {
			t.Fatalf("%d leaves", len(leaves))
		}
	}
}

func TestReplayModes(t *testing.T) {
	for name, c := range map[string]struct {
		mode ReplayMode
		seqs []uint64
		want []bool
	}{
		"off takes everything":          {ReplayOff, []uint64{0, 0, 5, 1}, []bool{true, true, true, true}},
		"sequence takes the next alone": {ReplaySequence, []uint64{0, 0, 2, 1, 2}, []bool{true, false, false, true, true}},
		"nullifier refuses duplicates":  {ReplayNullifier, []uint64{3, 3, 1, 1, 0, 200, 2, 137, 136}, []bool{true, false, true, false, true, true, false, true, false}},
	} {
		t.Run(name, func(t *testing.T) {
			var r ring
			for i, seq := range c.seqs {
				ok := r.fresh(c.mode, seq)
				if ok != c.want[i] {
					t.Fatalf("number %d, the %dth: %t", seq, i, ok)
				}
				if ok {
					r.consume(seq)
				}
			}
		})
	}
}

// The hash calls of one sealed message of 64 bytes, from send to receive, and nothing else: what the
// difference between the bare and the sealed benchmarks of a pair is measured by.
func BenchmarkHashCallsOfAMessage(b *testing.B) {
	s := newHasher()
	var k macKey
	s.derive(&k, make([]byte, 32))
	var (
		r     ring
		label [32]byte
		id    identity
		v     = Bytes(make([]byte, 64))
	)
	b.ReportAllocs()
	for seq := uint64(0); b.Loop(); seq++ {
		content := s.value(v) // send
		id = newIdentity(&r.context, &label, seq, &content)
		s.digest(domainOutput, id[:], nil)
		tag := s.mac(&k, id[:])
		r.tree.append(s, s.digest(domainLeaf, tag[:], nil))

		content = s.value(v) // receive
		id = newIdentity(&r.context, &label, seq, &content)
		s.digest(domainOutput, id[:], nil)
		if tag != s.mac(&k, id[:]) {
			b.Fatal("another MAC")
		}
		r.chain = s.digest(domainChain, r.chain[:], id[:])
	}
}
