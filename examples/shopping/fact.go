package shopping

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// The kinds of facts. Both lie in the context of a conversation.
const (
	KindItem   = "shopping.item"   // carries [Item]
	KindBought = "shopping.bought" // carries [Bought]
)

// The intents.
const (
	IntentAdd = "shopping.add" // carries [Add]
	IntentBuy = "shopping.buy" // carries [Buy]
)

// QuestionList asks for one list. It carries a [Which]; a [List] answers it.
const QuestionList = "shopping.list"

// CapEdit is what changing a list requires.
const CapEdit = "shopping:edit"

// MaxName bounds the name of an item, in bytes.
const MaxName = 200

// Item is the payload of [KindItem].
type Item struct {
	Name string `cbor:"1,keyasint"`
}

// Bought is the payload of [KindBought].
type Bought struct {
	Item aura.FactID `cbor:"1,keyasint"` // the fact that put it on the list
}

// Add asks to put something on the list of a conversation.
type Add struct {
	In   chat.Ref `cbor:"1,keyasint"`
	Name string   `cbor:"2,keyasint"`
}

// Buy asks to take something off the list of a conversation.
type Buy struct {
	In   chat.Ref    `cbor:"1,keyasint"`
	Item aura.FactID `cbor:"2,keyasint"`
}

// Which names a conversation.
type Which struct {
	Context aura.ContextID `cbor:"1,keyasint"`
}

// checkItem refuses what no peer may put on a list. It runs before a fact of a peer is stored.
func checkItem(f *fact.Fact) error {
	var p Item
	if err := fold.Shared(f, &p); err != nil {
		return err
	}
	return checkName(p.Name)
}

// checkName also refuses characters that steer a terminal or turn a line around: the name of a peer's item is printed.
func checkName(name string) error {
	const op = "shopping.checkName"
	if strings.TrimSpace(name) == "" || len(name) > MaxName {
		return aura.Errorf(op, aura.Invalid, "an item has a name of 1 to %d bytes", MaxName)
	}
	if !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return aura.Errorf(op, aura.Invalid, "the name of an item has characters that cannot be shown")
	}
	return nil
}

func checkBought(f *fact.Fact) error {
	var p Bought
	if err := fold.Shared(f, &p); err != nil {
		return err
	}
	if p.Item.IsZero() {
		return aura.Errorf("shopping.checkBought", aura.Invalid, "nothing is named that was bought")
	}
	return nil
}
