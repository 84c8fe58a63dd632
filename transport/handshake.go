package transport

import (
	"crypto/ecdh"
	"crypto/sha256"
	"crypto/subtle"
	"io"

	"github.com/flynn/noise"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// The handshake is Noise IKpsk2 (25519, ChaChaPoly, SHA256): the initiator knows the responder's
// agreement key, both know the context's pre-shared key, and two messages make fresh keys for each
// direction.
//
//	first:  version, kind, tag, e, es, s, ss, sealed padding   (initiator → responder)
//	reply:  version, kind, e, ee, se, psk, sealed padding      (responder → initiator)
//
// The first message proves the initiator's agreement key but not that it is fresh, so a responder
// treats a channel as open only after the first sealed cell, which a replay cannot make.
// The overhead of the handshake messages, in bytes. The payloads are zeros that fill the
// cell: reserved, and never read.
const (
	firstOverhead = 32 + 48 + 16
	replyOverhead = 32 + 16
)

var padding [CellSize]byte

// identity is an agreement key pair (X25519).
type identity struct {
	key     noise.DHKey
	private *ecdh.PrivateKey // the same
}

func newIdentity(private [32]byte) (identity, error) {
	k, err := ecdh.X25519().NewPrivateKey(private[:])
	if err != nil {
		return identity{}, aura.Errorf("transport.newIdentity", aura.Invalid, "agreement key: %w", err)
	}
	return identity{noise.DHKey{Private: private[:], Public: k.PublicKey().Bytes()}, k}, nil
}

// agreement is X25519 for one side of one handshake. It remembers the two private keys that this side has:
// [noise.DH25519] takes them as bytes and computes their public halves again whenever it uses one, which makes
// half the cost of a handshake.
type agreement struct {
	static    identity
	ephemeral identity
}

func (*agreement) DHLen() int     { return noise.DH25519.DHLen() }
func (*agreement) DHName() string { return noise.DH25519.DHName() }

// GenerateKeypair implements [noise.DHFunc]. A handshake calls it once.
func (a *agreement) GenerateKeypair(random io.Reader) (noise.DHKey, error) {
	var private [32]byte
	if _, err := io.ReadFull(random, private[:]); err != nil {
		return noise.DHKey{}, err
	}
	var err error
	a.ephemeral, err = newIdentity(private)
	return a.ephemeral.key, err
}

// DH implements [noise.DHFunc] for the static and the ephemeral key.
func (a *agreement) DH(private, public []byte) ([]byte, error) {
	own := a.static
	if subtle.ConstantTimeCompare(private, own.key.Private) == 0 {
		own = a.ephemeral
	}
	if subtle.ConstantTimeCompare(private, own.key.Private) == 0 {
		panic("transport: a handshake uses a key that it was not given")
	}
	remote, err := ecdh.X25519().NewPublicKey(public)
	if err != nil {
		return nil, err
	}
	return own.private.ECDH(remote)
}

// session is the result of a finished handshake.
type session struct {
	send, recv sealKeys
	remote     [32]byte // the peer's agreement public key
	binding    [32]byte // the hash of the whole handshake, equal on both sides
}

func handshakeConfig(id identity, psk [32]byte, tag Tag, e world.Entropy) noise.Config {
	return noise.Config{
		CipherSuite:           noise.NewCipherSuite(&agreement{static: id}, noise.CipherChaChaPoly, noise.HashSHA256),
		Random:                e,
		Pattern:               noise.HandshakeIK,
		StaticKeypair:         id.key,
		Prologue:              append([]byte("aura/cell/1"), tag[:]...),
		PresharedKey:          psk[:],
		PresharedKeyPlacement: 2,
	}
}

// initiator is a handshake of which the first message was made.
type initiator struct {
	state  *noise.HandshakeState
	remote [32]byte
	first  [CellSize]byte // the cell to send, and to send again until the reply comes
}

func initiate(id identity, remote, psk [32]byte, e world.Entropy) (*initiator, error) {
	const op = "transport.Dial"
	tag := TagOf(psk)
	cfg := handshakeConfig(id, psk, tag, e)
	cfg.Initiator, cfg.PeerStatic = true, remote[:]
	state, err := noise.NewHandshakeState(cfg)
	if err != nil {
		return nil, aura.Errorf(op, aura.Invalid, "handshake: %w", err)
	}
	in := &initiator{state: state, remote: remote}
	in.first[0], in.first[1] = Version, kindFirst
	copy(in.first[tagAt:], tag[:])
	out, _, _, err := state.WriteMessage(in.first[:firstAt], padding[:CellSize-firstAt-firstOverhead])
	if err != nil {
		return nil, aura.Errorf(op, aura.Invalid, "handshake: %w", err)
	}
	if len(out) != CellSize {
		panic("transport: first handshake message does not fill its cell")
	}
	return in, nil
}

// finish reads the reply. It returns [aura.Denied] for one that fails its check, and the handshake is
// over then: the link's peer is authenticated, so a bad reply is the peer's own.
func (in *initiator) finish(cell []byte) (session, error) {
	_, toPeer, fromPeer, err := in.state.ReadMessage(nil, cell[replyAt:])
	if err != nil {
		return session{}, aura.Errorf("transport.Dial", aura.Denied, "the peer did not prove the context's secret")
	}
	return session{
		send: newSealKeys(toPeer), recv: newSealKeys(fromPeer),
		remote: in.remote, binding: [32]byte(in.state.ChannelBinding()),
	}, nil
}

// respond checks a first cell against the secret that its tag names and makes the reply cell. It
// returns [aura.Denied] when the initiator does not know the responder's agreement key or is not
// admitted. The pre-shared key is proven only by the first sealed cell that follows.
func respond(id identity, s *Secret, first []byte, e world.Entropy) (session, *[CellSize]byte, error) {
	const op = "transport.Accept"
	cfg := handshakeConfig(id, s.PSK, Tag(first[tagAt:firstAt]), e)
	state, err := noise.NewHandshakeState(cfg)
	if err != nil {
		return session{}, nil, aura.Errorf(op, aura.Invalid, "handshake: %w", err)
	}
	if _, _, _, err := state.ReadMessage(nil, first[firstAt:]); err != nil {
		return session{}, nil, aura.Errorf(op, aura.Denied, "first cell fails its check")
	}
	remote := [32]byte(state.PeerStatic())
	if !s.admits(remote) {
		return session{}, nil, aura.Errorf(op, aura.Denied, "the peer is not a member of the context")
	}
	reply := new([CellSize]byte)
	reply[0], reply[1] = Version, kindReply
	out, fromPeer, toPeer, err := state.WriteMessage(reply[:replyAt], padding[:CellSize-replyAt-replyOverhead])
	if err != nil {
		return session{}, nil, aura.Errorf(op, aura.Denied, "handshake: %w", err)
	}
	if len(out) != CellSize {
		panic("transport: second handshake message does not fill its cell")
	}
	return session{
		send: newSealKeys(toPeer), recv: newSealKeys(fromPeer),
		remote: remote, binding: [32]byte(state.ChannelBinding()),
	}, reply, nil
}

// refusal is the cell that answers another version.
func refusal() []byte {
	cell := make([]byte, CellSize)
	cell[0], cell[1] = Version, kindRefuse
	return cell
}

// fingerprint names a first cell in the replay memory.
func fingerprint(first []byte) [16]byte {
	sum := sha256.Sum256(first)
	return [16]byte(sum[:16])
}
