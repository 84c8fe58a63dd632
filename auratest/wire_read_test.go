package auratest_test

import (
	"bytes"
	"cmp"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/flynn/noise"
	"golang.org/x/crypto/chacha20poly1305"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// secret is what opens the first cell of a conversation.
type secret struct {
	psk     [32]byte
	context aura.ContextID
	invited bool // it is that of an invitation
}

// secrets are those of all conversations, by the tag that the first cell names.
type secrets map[transport.Tag]secret

// learn takes the secrets of the contexts of a person from a copy of the disk.
func (s secrets) learn(tc task.Context, p *auratest.Person) error {
	registry, err := agent.Registry()
	if err != nil {
		return err
	}
	j, err := journal.Open(tc, p.Copy(tc, "the copy of "+p.Name).Disk, journal.Options{
		Key: p.Ring.StoreKey(), Entropy: p.World.Sim.Entropy(p.Name + " copy"), Registry: registry,
	})
	if err != nil {
		return err
	}
	look := p.Look(tc)
	contexts := append(look.Chats.Groups(), device.OwnContext(p.Self()))
	for _, c := range look.Contacts.Contacts() {
		contexts = append(contexts, c.Context)
	}
	for _, context := range contexts {
		switch value, err := j.Meta(domain.SecretKey(context)); {
		case err != nil:
			return err
		case len(value) == 32:
			s[transport.TagOf([32]byte(value))] = secret{[32]byte(value), context, false}
		}
	}
	return j.Close(tc)
}

// invitation takes the secret of an invitation from its code.
func (s secrets) invitation(text string) error {
	code, err := invite.Parse(text)
	if err == nil {
		s[transport.TagOf(code.PSK())] = secret{code.PSK(), aura.ContextID(code.ID()), true}
	}
	return err
}

// enrolment takes the secret of a line by which a device joins.
func (s secrets) enrolment(text string) error {
	code, err := enrol.Parse(text)
	if err == nil {
		s[transport.TagOf(code.PSK())] = secret{code.PSK(), aura.ContextID(code.ID()), true}
	}
	return err
}

// channel is a conversation whose handshake came to its end.
type channel struct {
	*conversation
	secret
	binding [32]byte
}

// frame is a message on a channel.
type frame struct {
	channel     *channel
	fromDialler bool
	bytes       []byte
	cell        int // the number of the cell with its last byte
	events      int
}

// read returns the messages on a link in the order in which their last bytes left, by the page of formats and not by the code of the
// agents. A cell that it cannot read is an error.
func (x *wire) read(known secrets, keys map[[32]byte][32]byte) (all []frame, err error) {
	for _, t := range x.talks {
		c, send, recv, err := x.shake(t, known, keys)
		if err != nil {
			return nil, fmt.Errorf("the conversation that %v began with %v: %w", t.dialler, t.acceptor, err)
		}
		for _, way := range []struct {
			dialler   bool
			secret    [32]byte
			handshake byte // the kind of the cells of the handshake that go this way
		}{{true, send, 1}, {false, recv, 2}} {
			frames, err := c.stream(way.dialler, way.secret, way.handshake)
			if err != nil {
				return nil, fmt.Errorf("from %v to %v: %w", t.dialler, t.acceptor, err)
			}
			all = append(all, frames...)
		}
	}
	slices.SortStableFunc(all, func(a, b frame) int { return cmp.Compare(a.cell, b.cell) })
	return all, nil
}

// keys returns the private keys that were drawn, by their public ones.
func (x *wire) keys() (map[[32]byte][32]byte, error) {
	all := map[[32]byte][32]byte{}
	for _, private := range x.drawn {
		k, err := ecdh.X25519().NewPrivateKey(private[:])
		if err != nil {
			return nil, err
		}
		all[[32]byte(k.PublicKey().Bytes())] = private
	}
	return all, nil
}

// The shape of a cell.
const (
	cellTag, cellFirst, cellReply = 2, 18, 2
	cellSealed, cellChunk         = 14, 67
)

// shake repeats the handshake of a link, at the side whose ephemeral key was drawn by an agent that was watched. It returns the first secrets of both
// directions; zero ones for a handshake without an answer.
func (x *wire) shake(t *conversation, known secrets, keys map[[32]byte][32]byte) (c *channel, send, recv [32]byte, err error) {
	s, is := known[transport.Tag(t.first[cellTag:cellFirst])]
	if !is {
		return nil, send, recv, fmt.Errorf("no secret has its tag")
	}
	c = &channel{conversation: t, secret: s}
	var reply []byte
	for _, cell := range t.way(false) {
		if cell.bytes[1] == 2 {
			reply = cell.bytes
			break
		}
	}
	if reply == nil {
		return c, send, recv, nil
	}
	config := func(id transport.PeerID, ephemeral [32]byte) noise.Config {
		private, public := x.rings[id].Agreement()
		return noise.Config{
			CipherSuite: noise.NewCipherSuite(noise.DH25519, noise.CipherChaChaPoly, noise.HashSHA256), Random: bytes.NewReader(ephemeral[:]),
			Pattern: noise.HandshakeIK, StaticKeypair: noise.DHKey{Private: private[:], Public: public[:]},
			Prologue: append([]byte("aura/cell/1"), t.first[cellTag:cellFirst]...), PresharedKey: s.psk[:], PresharedKeyPlacement: 2,
		}
	}
	var state *noise.HandshakeState
	var out, in *noise.CipherState
	if ephemeral, drawn := keys[[32]byte(t.first[cellFirst:])]; drawn {
		o := config(t.dialler, ephemeral)
		_, static := x.rings[t.acceptor].Agreement()
		o.Initiator, o.PeerStatic = true, static[:]
		if state, err = noise.NewHandshakeState(o); err == nil {
			_, _, _, err = state.WriteMessage(nil, make([]byte, transport.CellSize-cellFirst-32-48-16))
		}
		if err == nil {
			_, out, in, err = state.ReadMessage(nil, reply[cellReply:])
		}
	} else if ephemeral, drawn := keys[[32]byte(reply[cellReply:])]; drawn {
		if state, err = noise.NewHandshakeState(config(t.acceptor, ephemeral)); err == nil {
			_, _, _, err = state.ReadMessage(nil, t.first[cellFirst:])
		}
		if err == nil {
			_, out, in, err = state.WriteMessage(nil, make([]byte, transport.CellSize-cellReply-32-16))
		}
	} else {
		err = fmt.Errorf("neither side was watched")
	}
	if err != nil {
		return nil, send, recv, err
	}
	c.binding = [32]byte(state.ChannelBinding())
	return c, out.UnsafeKey(), in.UnsafeKey(), nil
}

// derive is the step of the chain of keys.
func derive(secret [32]byte, label string) [32]byte {
	b, err := hkdf.Expand(sha256.New, secret[:], label, 32)
	if err != nil {
		panic(err)
	}
	return [32]byte(b)
}

// stream opens the cells of one direction and returns the messages in them.
func (c *channel) stream(fromDialler bool, secret [32]byte, handshake byte) (all []frame, err error) {
	generations := map[uint32]cipher.AEAD{}
	next := uint32(0)
	type chunk struct {
		data []byte
		cell cell
	}
	chunks := map[uint64]chunk{} // by their place, the longest and earliest
	for _, cell := range c.way(fromDialler) {
		b := cell.bytes
		if b[0] != 1 || b[1] != 3 && b[1] != handshake {
			return nil, fmt.Errorf("a cell of version %d and kind %d", b[0], b[1])
		}
		if b[1] == handshake {
			continue
		}
		generation, number := binary.BigEndian.Uint32(b[2:]), binary.LittleEndian.AppendUint64(make([]byte, 4), binary.BigEndian.Uint64(b[6:]))
		for ; next <= generation; next++ {
			key := derive(secret, "aura/transport/cell key/1")
			if generations[next], err = chacha20poly1305.New(key[:]); err != nil {
				return nil, err
			}
			secret = derive(secret, "aura/transport/next generation/1")
		}
		body, err := generations[generation].Open(nil, number, b[cellSealed:], b[:cellSealed])
		if err != nil {
			return nil, fmt.Errorf("a cell that does not open: %w", err)
		}
		at, size := binary.BigEndian.Uint64(body[57:]), int(binary.BigEndian.Uint16(body[65:]))
		if size > len(chunks[at].data) {
			chunks[at] = chunk{body[cellChunk : cellChunk+size], cell}
		}
	}
	var stream []byte
	var last []cell // that brought each byte
	for done := uint64(0); ; {
		k, is := chunks[done]
		if !is {
			break
		}
		stream = append(stream, k.data...)
		for range k.data {
			last = append(last, k.cell)
		}
		done += uint64(len(k.data))
	}
	for at := 0; at < len(stream); {
		size, header := binary.Uvarint(stream[at:])
		end := at + header + int(size)
		if header <= 0 || end > len(stream) {
			break // the channel ended within it
		}
		all = append(all, frame{c, fromDialler, stream[at+header : end], last[end-1].number, last[end-1].events})
		at = end
	}
	return all, nil
}
