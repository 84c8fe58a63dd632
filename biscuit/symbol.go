package biscuit

import (
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// defaultSymbols are the strings that every token can name without carrying them. Their order is
// the format.
var defaultSymbols = [...]string{
	"read", "write", "resource", "operation", "right", "time", "role", "owner", "tenant", "namespace", "user", "team",
	"service", "admin", "email", "group", "member", "ip_address", "client", "client_ip", "domain", "path", "version",
	"cluster", "node", "hostname", "nonce", "query",
}

// firstSymbol is the number of the first symbol that a token adds.
const firstSymbol = 1024

// tables are the strings and public keys that blocks refer to by number. Blocks of the token's
// holders share theirs and extend them in order; a third party does not see the token, so its block
// has its own.
type tables struct {
	symbols []string
	keys    []PublicKey
	known   map[string]uint64 // numbers of symbols
}

func newTables() *tables { return &tables{known: map[string]uint64{}} }

// clone returns tables that can be extended without changing t.
func (t *tables) clone() *tables {
	return &tables{symbols: slices.Clone(t.symbols), keys: slices.Clone(t.keys), known: maps.Clone(t.known)}
}

// symbol returns the string of a number.
func (t *tables) symbol(n uint64) (string, error) {
	switch {
	case n < uint64(len(defaultSymbols)):
		return defaultSymbols[n], nil
	case n >= firstSymbol && n-firstSymbol < uint64(len(t.symbols)):
		return t.symbols[n-firstSymbol], nil
	}
	return "", fmt.Errorf("%w: unknown symbol %d", ErrForm, n)
}

// key returns the public key of a number.
func (t *tables) key(n int64) (PublicKey, error) {
	if n < 0 || n >= int64(len(t.keys)) {
		return PublicKey{}, fmt.Errorf("%w: unknown public key %d", ErrForm, n)
	}
	return t.keys[n], nil
}

// extend adds the declarations of a block. A string that has a number already is refused: there must be
// one way to name it.
func (t *tables) extend(symbols []string, keys []PublicKey) error {
	for _, s := range symbols {
		if !utf8.ValidString(s) {
			return fmt.Errorf("%w: symbol is not UTF-8", ErrForm)
		}
		if _, ok := t.known[s]; ok || slices.Contains(defaultSymbols[:], s) {
			return fmt.Errorf("%w: symbol declared twice", ErrForm)
		}
		t.add(s)
	}
	for _, k := range keys {
		if slices.Contains(t.keys, k) {
			return fmt.Errorf("%w: public key declared twice", ErrForm)
		}
		t.keys = append(t.keys, k)
	}
	return nil
}

func (t *tables) add(s string) uint64 {
	n := uint64(firstSymbol + len(t.symbols))
	t.symbols = append(t.symbols, s)
	t.known[s] = n
	return n
}

// number returns the number of a string, adding it if it has none.
func (t *tables) number(s string) uint64 {
	if n, ok := t.known[s]; ok {
		return n
	}
	if i := slices.Index(defaultSymbols[:], s); i >= 0 {
		return uint64(i)
	}
	return t.add(s)
}

// keyNumber returns the number of a public key, adding it if it has none.
func (t *tables) keyNumber(k PublicKey) uint64 {
	i := slices.Index(t.keys, k)
	if i < 0 {
		i = len(t.keys)
		t.keys = append(t.keys, k)
	}
	return uint64(i)
}
