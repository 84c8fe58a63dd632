package biscuit

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// payloadVersion is the version of the signed payloads that this package writes.
const payloadVersion = 1

// signedPayload returns the bytes that the block's signature covers. Version 1 adds marks between the parts,
// which then cannot be taken for one another, and the signature of the block before, "" for the
// authority block.
func (s *signedBlock) signedPayload(previous string) []byte {
	b := make([]byte, 0, len(s.payload)+320)
	if s.version == 0 {
		return appendKey(append(b, s.payload...), s.next)
	}
	b = append(b, "\x00BLOCK\x00\x00VERSION\x00"...)
	b = binary.LittleEndian.AppendUint32(b, s.version)
	b = append(append(b, "\x00PAYLOAD\x00"...), s.payload...)
	b = append(b, "\x00ALGORITHM\x00"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(s.next.Algorithm))
	b = append(append(b, "\x00NEXTKEY\x00"...), s.next.Bytes...)
	if previous != "" {
		b = append(append(b, "\x00PREVSIG\x00"...), previous...)
	}
	if s.external != nil {
		b = append(append(b, "\x00EXTERNALSIG\x00"...), s.external.signature...)
	}
	return b
}

// externalPayload returns the bytes that a third party signs: the block's contents, bound by the signature of
// the block before to one place in one token.
func externalPayload(payload, previous string) []byte {
	b := append(make([]byte, 0, len(payload)+128), "\x00EXTERNAL\x00\x00VERSION\x00"...)
	b = binary.LittleEndian.AppendUint32(b, payloadVersion)
	b = append(append(b, "\x00PAYLOAD\x00"...), payload...)
	return append(append(b, "\x00PREVSIG\x00"...), previous...)
}

// sealPayload returns the bytes that the last signature of a sealed token covers.
func (s *signedBlock) sealPayload() []byte {
	b := append(make([]byte, 0, len(s.payload)+128), s.payload...)
	return append(appendKey(b, s.next), s.signature...)
}

// appendKey appends the algorithm before the key: the order that the official samples are signed
// in, where the prose of the specification names them the other way about.
func appendKey(b []byte, k PublicKey) []byte {
	return append(binary.LittleEndian.AppendUint32(b, uint32(k.Algorithm)), k.Bytes...)
}

// verify checks all signatures and the proof.
func (c *container) verify(root PublicKey) error {
	key, previous := root, ""
	if err := checkKey(key); err != nil {
		return fmt.Errorf("root key: %w", err)
	}
	for i := range c.blocks {
		s := &c.blocks[i]
		err := s.verify(key, previous)
		if i == 0 && errors.Is(err, ErrSignature) {
			return fmt.Errorf("block 0: %w: %w", ErrRoot, err)
		}
		if err != nil {
			return fmt.Errorf("block %d: %w", i, err)
		}
		key, previous = s.next, s.signature
	}
	if err := c.verifyProof(); err != nil {
		return fmt.Errorf("proof: %w", err)
	}
	return nil
}

func (s *signedBlock) verify(key PublicKey, previous string) error {
	// Payload 0 does not bind a third party's block to its place, which lets it be moved to another
	// token.
	if s.version > payloadVersion || s.external != nil && s.version == 0 {
		return fmt.Errorf("%w: signature payload %d", ErrVersion, s.version)
	}
	if err := verify(key, s.signedPayload(previous), s.signature); err != nil {
		return err
	}
	if s.external == nil {
		return nil
	}
	if err := verify(s.external.key, externalPayload(s.payload, previous), s.external.signature); err != nil {
		return fmt.Errorf("external: %w", err)
	}
	return nil
}

func (c *container) verifyProof() error {
	last := &c.blocks[len(c.blocks)-1]
	if c.proof.finalSignature != "" {
		return verify(last.next, last.sealPayload(), c.proof.finalSignature)
	}
	k, err := c.nextKey()
	if err != nil {
		return err
	}
	if k.public != last.next {
		return ErrSignature
	}
	return nil
}

// nextKey returns the key that signs the next block.
func (c *container) nextKey() (PrivateKey, error) {
	if c.proof.nextSecret == "" {
		return PrivateKey{}, ErrSealed
	}
	if len(c.proof.nextSecret) != 32 {
		return PrivateKey{}, fmt.Errorf("%w: secret of %d bytes", ErrForm, len(c.proof.nextSecret))
	}
	k, err := NewPrivateKey(c.blocks[len(c.blocks)-1].next.Algorithm, [32]byte([]byte(c.proof.nextSecret)))
	if err != nil {
		return PrivateKey{}, fmt.Errorf("%w: secret is out of range", ErrForm)
	}
	return k, nil
}
