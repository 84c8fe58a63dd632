package machine

// tree is an append-only Merkle tree that remembers only the hashes that its root needs: the root of one complete
// subtree for each bit of the number of leaves, largest first. An odd subtree is not paired with itself, so
// that no two lists of leaves have the same root.
type tree struct {
	leaves uint64
	peaks  [][32]byte
}

// append adds a leaf that is hashed already. It costs one hash on average.
func (t *tree) append(s *hasher, leaf [32]byte) {
	for n := t.leaves; n&1 == 1; n >>= 1 {
		last := len(t.peaks) - 1
		leaf = s.digest(domainNode, t.peaks[last][:], leaf[:])
		t.peaks = t.peaks[:last]
	}
	t.peaks = append(t.peaks, leaf)
	t.leaves++
}

// root hashes the peaks from the smallest to the largest; zero for an empty tree.
func (t *tree) root(s *hasher) (root [32]byte) {
	for i := len(t.peaks) - 1; i >= 0; i-- {
		if i == len(t.peaks)-1 {
			root = t.peaks[i]
			continue
		}
		root = s.digest(domainNode, t.peaks[i][:], root[:])
	}
	return root
}

// reset returns an empty tree that uses the memory of t.
func (t *tree) reset() tree { return tree{peaks: t.peaks[:0]} }
