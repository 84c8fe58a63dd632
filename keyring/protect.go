package keyring

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// Protector seals the 32-byte key of the keyring file. Only this package calls it.
type Protector interface {
	// Name says which kind it is, in 1 to 255 bytes; the file records it.
	Name() string
	// Seal returns the key so that only the same secret opens it, in less than 64 KiB. It may create
	// the secret.
	Seal(key [32]byte, e world.Entropy) ([]byte, error)
	// Open undoes Seal. It returns [aura.Denied] for the wrong secret.
	Open(sealed []byte) ([32]byte, error)
}

const wrapPurpose = "aura/keyring/file key/1"

// cipherFor expands key for one purpose.
func cipherFor(key [32]byte, purpose string) cipher.AEAD {
	expanded, err := hkdf.Expand(sha256.New, key[:], purpose, chacha20poly1305.KeySize)
	if err != nil {
		panic(err) // only for more than 255 hashes of output
	}
	aead, err := chacha20poly1305.NewX(expanded)
	if err != nil {
		panic(err) // only for a key of another length
	}
	return aead
}

// unwrap opens a file key that was sealed under secret, or returns an error with the text wrong.
func unwrap(header, sealed []byte, secret [32]byte, wrong string) (key [32]byte, err error) {
	plain, ok := openSealed(header, sealed, secret, wrapPurpose)
	if !ok || len(plain) != len(key) {
		return key, aura.Errorf("", aura.Denied, "%s", wrong)
	}
	copy(key[:], plain)
	clear(plain)
	return key, nil
}

// keyFile protects by a secret in a file.
type keyFile struct{ path string }

// KeyFile protects by the 32-byte secret in the file at path, as hexadecimal text. Sealing creates the
// file with mode 0600 when it is absent; opening never does. A file that others can read is refused.
func KeyFile(path string) Protector { return keyFile{path} }

// Name implements [Protector].
func (keyFile) Name() string { return "key file" }

// Seal implements [Protector].
func (k keyFile) Seal(key [32]byte, e world.Entropy) ([]byte, error) {
	secret, err := k.read()
	if errors.Is(err, aura.NotFound) {
		secret, err = k.create(e)
	}
	if err != nil {
		return nil, err
	}
	return sealInto(nil, secret, wrapPurpose, key[:], e), nil
}

// Open implements [Protector].
func (k keyFile) Open(sealed []byte) ([32]byte, error) {
	secret, err := k.read()
	if err != nil {
		return [32]byte{}, err
	}
	return unwrap(nil, sealed, secret, "the key file "+k.path+" does not belong to this keyring")
}

func (k keyFile) create(e world.Entropy) (secret [32]byte, err error) {
	_, _ = e.Read(secret[:])
	if err := os.MkdirAll(filepath.Dir(k.path), 0o700); err != nil {
		return secret, aura.Errorf("", aura.Unavailable, "key file: %w", err)
	}
	err = writeNew(k.path, append(hex.AppendEncode(nil, secret[:]), '\n'))
	if errors.Is(err, fs.ErrExist) {
		return k.read() // another process made it at the same time
	}
	if err != nil {
		return secret, aura.Errorf("", aura.Unavailable, "key file: %w", err)
	}
	return secret, nil
}

func (k keyFile) read() (secret [32]byte, err error) {
	f, err := os.Open(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return secret, aura.Errorf("", aura.NotFound, "the key file %s does not exist", k.path)
	}
	if err != nil {
		return secret, aura.Errorf("", aura.Unavailable, "key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return secret, aura.Errorf("", aura.Unavailable, "key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return secret, aura.Errorf("", aura.Invalid, "the key file %s is not a regular file", k.path)
	}
	if err := CheckPrivate(info, "key file", k.path); err != nil {
		return secret, err
	}
	const maxText = 1 << 10
	text, err := io.ReadAll(io.LimitReader(f, maxText))
	if err != nil {
		return secret, aura.Errorf("", aura.Unavailable, "key file: %w", err)
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(text)))
	clear(text)
	if err != nil || len(b) != len(secret) {
		return secret, aura.Errorf("", aura.Invalid, "the key file %s is not %d hexadecimal digits", k.path, 2*len(secret))
	}
	copy(secret[:], b)
	return secret, nil
}

// CheckPrivate returns [aura.Denied] for a file or a folder that other users of the machine can read or enter.
// what names its use.
func CheckPrivate(info fs.FileInfo, what, path string) error {
	// Windows has no such mode bits; its folders are private to their user.
	if runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if info.IsDir() {
		return aura.Errorf("keyring.CheckPrivate", aura.Denied, "others can enter the %s %s; run: chmod 700 %s", what, path, path)
	}
	return aura.Errorf("keyring.CheckPrivate", aura.Denied, "others can read the %s %s; run: chmod 600 %s", what, path, path)
}

// The least that a new passphrase must have, so that a thief of the keyring file does not find it by trial, at the cost of
// argon2id below: about 60 bits if its characters are drawn by chance from the alphabet.
const (
	leastPassphrase = 12 // characters
	leastDistinct   = 6  // different characters
)

// CheckPassphrase returns [aura.Invalid], with the reason, for a passphrase that is too weak for new keys.
func CheckPassphrase(text []byte) error {
	const op = "keyring.CheckPassphrase"
	if !utf8.Valid(text) {
		return nil // bytes that no person types
	}
	distinct := map[rune]bool{}
	for _, r := range string(text) {
		distinct[unicode.ToLower(r)] = true
	}
	switch n := utf8.RuneCount(text); {
	case n < leastPassphrase:
		return aura.Errorf(op, aura.Invalid, "the passphrase has %d characters: take %d or more, such as four words", n, leastPassphrase)
	case len(distinct) < leastDistinct:
		return aura.Errorf(op, aura.Invalid, "the passphrase has %d different characters: take %d or more", len(distinct), leastDistinct)
	}
	return nil
}

// The cost of a passphrase (argon2id): about 0.1 s on a laptop, and memory that fits a small server. The
// file records the parameters it was sealed with.
const (
	argonTime   = 4
	argonMemory = 32 << 10 // KiB
	argonSalt   = 16
	argonHeader = 4 + 4 + argonSalt

	maxArgonTime   = 16
	maxArgonMemory = 256 << 10
)

// passphrase protects by something that a person knows.
type passphrase struct{ text []byte }

// Passphrase protects by a passphrase, stretched with argon2id. It keeps text, which must not change.
func Passphrase(text []byte) Protector { return passphrase{text} }

// Name implements [Protector].
func (passphrase) Name() string { return "passphrase" }

// Seal implements [Protector]. It returns [aura.Invalid] for an empty passphrase.
func (p passphrase) Seal(key [32]byte, e world.Entropy) ([]byte, error) {
	if len(p.text) == 0 {
		return nil, aura.Errorf("", aura.Invalid, "the passphrase is empty")
	}
	header := binary.BigEndian.AppendUint32(nil, argonTime)
	header = binary.BigEndian.AppendUint32(header, argonMemory)
	header = append(header, make([]byte, argonSalt)...)
	_, _ = e.Read(header[8:])
	return sealInto(header, p.stretch(header), wrapPurpose, key[:], e), nil
}

// Open implements [Protector].
func (p passphrase) Open(sealed []byte) ([32]byte, error) {
	damaged := aura.Errorf("", aura.Corrupt, "the keyring file is damaged")
	if len(sealed) < argonHeader {
		return [32]byte{}, damaged
	}
	header := sealed[:argonHeader]
	passes, memory := binary.BigEndian.Uint32(header), binary.BigEndian.Uint32(header[4:])
	if passes < 1 || passes > maxArgonTime || memory < 8 || memory > maxArgonMemory {
		return [32]byte{}, damaged
	}
	return unwrap(header, sealed[argonHeader:], p.stretch(header), "wrong passphrase")
}

func (p passphrase) stretch(header []byte) [32]byte {
	passes, memory := binary.BigEndian.Uint32(header), binary.BigEndian.Uint32(header[4:])
	return [32]byte(argon2.IDKey(p.text, header[8:], passes, memory, 1, 32))
}
