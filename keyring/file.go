package keyring

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// The file, with big-endian lengths:
//
//	"aura keyring 2\n"
//	protector: length 1, name · length 2, sealed file key
//	nonce 24, sealed body (XChaCha20-Poly1305; everything above is authenticated too)
//
// The body is the phrase of 16 bytes, from which the root seed follows, then four secrets of 32 bytes in the order of
// the struct. A file that begins with "aura keyring 1\n" has the root seed itself in place of the phrase, and one that
// begins with "aura keyring 3\n" what a device has whose root key is elsewhere: where it is, the public key, and the
// signature of the device's certificate, which is zero until the device has joined its account.
const (
	fileName  = "keyring"
	fileMagic = "aura keyring 2\n"
	seedMagic = "aura keyring 1\n"
	awayMagic = "aura keyring 3\n"
	awaySize  = 1 + 32 + 64
	maxFile   = 4 << 10

	bodyPurpose = "aura/keyring/body/1"
)

// Exists reports whether the folder dir holds a keyring, readable or not.
func Exists(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, fileName))
	return err == nil
}

// Create makes keys from e and stores them in the folder dir, sealed by p. It makes the folder (mode
// 0700) when it is absent. It returns [aura.Conflict] when the folder holds a keyring already,
// [aura.Denied] when others can enter it, and the protector's error; keys that were not stored are gone.
func Create(tc task.Context, dir string, p Protector, e world.Entropy) (*Ring, error) {
	return create(tc, "keyring.Create", dir, p, e, func() *Ring { return Ephemeral(e) })
}

// CreateDevice is [Create] for a device that asks to join the account of a root key, which is elsewhere. The keyring is
// [Ring.Joining] until [Join].
func CreateDevice(tc task.Context, dir string, p Protector, e world.Entropy, root [32]byte) (*Ring, error) {
	return create(tc, "keyring.CreateDevice", dir, p, e, func() *Ring { return newDevice(e, root) })
}

func create(tc task.Context, op aura.Op, dir string, p Protector, e world.Entropy, make func() *Ring) (*Ring, error) {
	if err := tc.Err(); err != nil {
		return nil, err
	}
	if Exists(dir) {
		return nil, errExists(op, dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	folder, err := os.Stat(dir)
	if err != nil {
		return nil, aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	if err := CheckPrivate(folder, "folder", dir); err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.Denied, Err: err}
	}
	r := make()
	content, err := encode(&r.secrets, p, e)
	if err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
	}
	if err := writeNew(filepath.Join(dir, fileName), content); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, errExists(op, dir)
		}
		return nil, aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	return r, nil
}

// Join writes the certificate of a device that has joined its account into the keyring that [CreateDevice] made. A crash leaves
// the old file or the new one. It returns aura.Denied for the certificate of other keys or one that does not verify, and
// aura.Conflict for a keyring that is not [Ring.Joining].
func Join(tc task.Context, dir string, p Protector, e world.Entropy, r *Ring, c fact.Certificate) error {
	const op = "keyring.Join"
	if err := tc.Err(); err != nil {
		return err
	}
	own := r.certificate
	own.Signature = c.Signature
	switch {
	case !r.Joining():
		return aura.Errorf(op, aura.Conflict, "%s holds the keys of a device that has joined already", dir)
	case c != own || c.Verify() != nil:
		return aura.Errorf(op, aura.Denied, "the certificate is not that of the keys in %s", dir)
	}
	joined := r.secrets
	joined.away.signature = c.Signature
	content, err := encode(&joined, p, e)
	if err != nil {
		return &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
	}
	if err := replaceFile(filepath.Join(dir, fileName), content); err != nil {
		return aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	return nil
}

func errExists(op aura.Op, dir string) error {
	return aura.Errorf(op, aura.Conflict, "%s holds a keyring already", dir)
}

// Open reads the keys of the folder dir. It returns [aura.NotFound] when there are none, [aura.Invalid]
// when another kind of protector sealed them or a newer Aura did, [aura.Denied] when p does not open them
// or other users can read or replace them, and [aura.Corrupt] when the file is damaged.
func Open(tc task.Context, dir string, p Protector) (*Ring, error) {
	const op = "keyring.Open"
	if err := tc.Err(); err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(dir, fileName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, aura.Errorf(op, aura.NotFound, "%s holds no keyring", dir)
	}
	if err != nil {
		return nil, aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	defer f.Close()
	if err := checkKeyring(dir, f); err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	s, err := decode(content, p)
	if err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
	}
	r := newRing(s)
	if s.away.place != 0 && !r.Joining() && r.certificate.Verify() != nil {
		return nil, aura.Errorf(op, aura.Corrupt, "the keyring holds a certificate that its root key did not sign")
	}
	return r, nil
}

// checkKeyring refuses a keyring that other users can read, or whose folder lets them put another in its place.
func checkKeyring(dir string, f *os.File) error {
	folder, err := os.Stat(dir)
	if err != nil {
		return aura.Errorf("", aura.Unavailable, "%w", err)
	}
	file, err := f.Stat()
	if err != nil {
		return aura.Errorf("", aura.Unavailable, "%w", err)
	}
	if err := CheckPrivate(folder, "folder", dir); err != nil {
		return err
	}
	return CheckPrivate(file, "keyring", f.Name())
}

func encode(s *secrets, p Protector, e world.Entropy) ([]byte, error) {
	var fileKey [32]byte
	_, _ = e.Read(fileKey[:])
	sealed, err := p.Seal(fileKey, e)
	if err != nil {
		return nil, err
	}
	magic, lead := fileMagic, bytes.Clone(s.phrase[:])
	if s.away.place != 0 {
		magic, lead = awayMagic, append([]byte{byte(s.away.place)}, s.away.root[:]...)
		lead = append(lead, s.away.signature[:]...)
	}
	content := []byte(magic)
	content = append(content, byte(len(p.Name())))
	content = append(content, p.Name()...)
	content = binary.BigEndian.AppendUint16(content, uint16(len(sealed)))
	content = append(content, sealed...)
	body := lead
	for _, f := range s.deviceFields() {
		body = append(body, f[:]...)
	}
	return sealInto(content, fileKey, bodyPurpose, body, e), nil
}

func decode(content []byte, p Protector) (s secrets, err error) {
	damaged := aura.Errorf("", aura.Corrupt, "the keyring file is damaged")
	if len(content) > maxFile {
		return s, damaged
	}
	var rest []byte
	lead, ok := 0, false
	for magic, size := range map[string]int{seedMagic: len(s.root), fileMagic: len(s.phrase), awayMagic: awaySize} {
		if after, is := bytes.CutPrefix(content, []byte(magic)); is {
			rest, lead, ok = after, size, true
		}
	}
	if !ok {
		if bytes.HasPrefix(content, []byte("aura keyring ")) {
			return s, aura.Errorf("", aura.Invalid, "the keyring file was written by a newer version of aura")
		}
		return s, damaged
	}
	name, rest, ok := cut(rest, 1)
	if !ok {
		return s, damaged
	}
	sealed, rest, ok := cut(rest, 2)
	if !ok {
		return s, damaged
	}
	if string(name) != p.Name() {
		return s, aura.Errorf("", aura.Invalid, "the keyring is protected by %q, not by %q", name, p.Name())
	}
	fileKey, err := p.Open(sealed)
	if err != nil {
		return s, err
	}
	body, ok := openSealed(content[:len(content)-len(rest)], rest, fileKey, bodyPurpose)
	if !ok || len(body) != lead+32*len(s.deviceFields()) {
		return s, damaged
	}
	switch lead {
	case len(s.root):
		copy(s.root[:], body)
	case len(s.phrase):
		copy(s.phrase[:], body)
		s.deriveRoot()
	default:
		s.away = away{roster.RootPlace(body[0]), [32]byte(body[1:]), [64]byte(body[33:])}
		if p := s.away.place; p < roster.RootPlacePhrase || p > roster.RootPlaceElsewhere {
			return secrets{}, aura.Errorf("", aura.Invalid, "the keyring names place %d of the root key, which a newer version of aura knows", p)
		}
	}
	for i, f := range s.deviceFields() {
		copy(f[:], body[lead+32*i:])
	}
	clear(body)
	return s, nil
}

// cut takes a field with a big-endian length of size bytes from the front of b.
func cut(b []byte, size int) (field, rest []byte, ok bool) {
	if len(b) < size {
		return nil, nil, false
	}
	n := 0
	for _, x := range b[:size] {
		n = n<<8 | int(x)
	}
	b = b[size:]
	if len(b) < n {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

// sealInto appends a nonce and the sealed plain text to header, which it authenticates. key is expanded
// for purpose first.
func sealInto(header []byte, key [32]byte, purpose string, plain []byte, e world.Entropy) []byte {
	aead := cipherFor(key, purpose)
	var nonce [chacha20poly1305.NonceSizeX]byte
	_, _ = e.Read(nonce[:])
	out := append(append([]byte(nil), header...), nonce[:]...)
	return aead.Seal(out, nonce[:], plain, header)
}

// openSealed undoes sealInto, given the header and the bytes after it.
func openSealed(header, sealed []byte, key [32]byte, purpose string) ([]byte, bool) {
	if len(sealed) < chacha20poly1305.NonceSizeX {
		return nil, false
	}
	nonce, sealed := sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:]
	plain, err := cipherFor(key, purpose).Open(nil, nonce, sealed, header)
	return plain, err == nil
}

// writeNew stores content under a name that must be free: a crash leaves the whole file or none.
func writeNew(path string, content []byte) error {
	// A link fails when the name is taken, where a rename would replace existing keys.
	return write(path, content, os.Link)
}

// replaceFile stores content in the place of a file: a crash leaves the whole old file or the whole new one.
func replaceFile(path string, content []byte) error { return write(path, content, os.Rename) }

func write(path string, content []byte, place func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := place(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
