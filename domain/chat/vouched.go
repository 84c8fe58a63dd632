package chat

import (
	"crypto/sha256"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
)

// certificates returns for whom an encoded certificate is, if it holds up.
type certificates func(encoded []byte) (aura.AuthorityID, error)

func certified(encoded []byte) (aura.AuthorityID, error) {
	cert, err := contact.CheckCertificate(encoded)
	if err != nil {
		return aura.AuthorityID{}, err
	}
	return cert.Authority(), nil
}

// maxVouched bounds the certificates that a state remembers. Beyond it, it begins anew.
const maxVouched = 1024

// vouched remembers certificates that hold up, by their hash: each invitation into a group repeats those of all
// members, and to check one costs far more than all else in a fold. The zero value is empty.
type vouched struct{ of map[[32]byte]aura.AuthorityID }

func (v *vouched) owner(encoded []byte) (aura.AuthorityID, error) {
	sum := sha256.Sum256(encoded)
	if who, known := v.of[sum]; known {
		return who, nil
	}
	who, err := certified(encoded)
	if err == nil {
		if v.of == nil || len(v.of) >= maxVouched {
			v.of = map[[32]byte]aura.AuthorityID{}
		}
		v.of[sum] = who
	}
	return who, err
}

// Equal reports true: the cache is no part of the state.
func (vouched) Equal(vouched) bool { return true }
