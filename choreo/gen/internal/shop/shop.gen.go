// Code generated from the protocol shop.Buy by aura choreo. DO NOT EDIT.

package shop

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo/gen/internal/port"
)

// BuyManifest is what admission needs to know of the protocol, as JSON.
const BuyManifest = `{"protocol_name":"Buy","protocol_namespace":"shop","protocol_qualified_name":"shop.Buy","protocol_id":"aura.shop.buy","role_names":["Cust","Shop","Witness"],"guard_capabilities":["shop:ask"],"determinism_policy_ref":"aura.vm.prod.default"}`

// BuyAsk is the message Ask, whose payload encodes shop.Item.
type BuyAsk struct{ Payload []byte }

// BuyPrice is the message Price, whose payload encodes shop.Money.
type BuyPrice struct{ Payload []byte }

// BuyTake is the message take, whose payload is opaque to the protocol.
type BuyTake struct{ Payload []byte }

// BuyLeave is the message Leave, whose payload is opaque to the protocol.
type BuyLeave struct{ Payload []byte }

// BuyTake_2 is the message Take, whose payload is opaque to the protocol.
type BuyTake_2 struct{ Payload []byte }

// BuyTaken is the message Taken, whose payload is opaque to the protocol.
type BuyTaken struct{ Payload []byte }

// BuyRate is the message Rate, whose payload is opaque to the protocol.
type BuyRate struct{ Payload []byte }

// BuyDone is the message Done, whose payload is opaque to the protocol.
type BuyDone struct{ Payload []byte }

// BuyThanks is the message Thanks, whose payload is opaque to the protocol.
type BuyThanks struct{ Payload []byte }

// BuyLeft is the message Left, whose payload is opaque to the protocol.
type BuyLeft struct{ Payload []byte }

// buyRun is one role's session: its port, and how many steps were taken.
type buyRun struct {
	port  port.Port
	steps uint64
}

// buyTurn is a state's claim to be the current one. A state belongs to one task.
type buyTurn struct {
	run  *buyRun
	step uint64
}

func (t buyTurn) check(op aura.Op) error {
	if t.run == nil {
		return aura.Errorf(op, aura.Invalid, "the session was not started")
	}
	if t.run.steps != t.step {
		return aura.Errorf(op, aura.Stale, "this state was left already")
	}
	return nil
}

func (t buyTurn) next() buyTurn {
	t.run.steps++
	return buyTurn{t.run, t.run.steps}
}

// StartBuyCust begins the part of Cust. The port must belong to a session of the protocol in that role.
func StartBuyCust(port port.Port) BuyCustS1 {
	return BuyCustS1{buyTurn{run: &buyRun{port: port}}}
}

// BuyCustS1 is a state of Cust, which here sends Ask of shop.Item to Shop.
type BuyCustS1 struct{ turn buyTurn }

// SendAsk sends Ask to Shop. It takes the capability shop:ask and 3 units of flow. After an error of the port the state may be used again.
func (s BuyCustS1) SendAsk(m BuyAsk) (BuyCustS2, error) {
	if err := s.turn.check("shop.BuyCustS1.SendAsk"); err != nil {
		return BuyCustS2{}, err
	}
	if err := s.turn.run.port.Send("Shop", "Ask", m.Payload); err != nil {
		return BuyCustS2{}, &aura.Error{Op: "shop.BuyCustS1.SendAsk", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS2{s.turn.next()}, nil
}

// BuyCustS2 is a state of Cust, which here receives Price of shop.Money from Shop.
type BuyCustS2 struct{ turn buyTurn }

// ReceivePrice waits for Price from Shop. After an error of the port the state may be used again.
func (s BuyCustS2) ReceivePrice() (BuyPrice, BuyCustS3, error) {
	if err := s.turn.check("shop.BuyCustS2.ReceivePrice"); err != nil {
		return BuyPrice{}, BuyCustS3{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Shop")
	if err != nil {
		return BuyPrice{}, BuyCustS3{}, &aura.Error{Op: "shop.BuyCustS2.ReceivePrice", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Price" {
		return BuyPrice{}, BuyCustS3{}, aura.Errorf("shop.BuyCustS2.ReceivePrice", aura.Corrupt, "message %q is not expected here", label)
	}
	return BuyPrice{payload}, BuyCustS3{s.turn.next()}, nil
}

// BuyCustS3 is a state of Cust, which here sends take or Leave to Shop.
type BuyCustS3 struct{ turn buyTurn }

// SendTake sends take to Shop. After an error of the port the state may be used again.
func (s BuyCustS3) SendTake(m BuyTake) (BuyCustS4, error) {
	if err := s.turn.check("shop.BuyCustS3.SendTake"); err != nil {
		return BuyCustS4{}, err
	}
	if err := s.turn.run.port.Send("Shop", "take", m.Payload); err != nil {
		return BuyCustS4{}, &aura.Error{Op: "shop.BuyCustS3.SendTake", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS4{s.turn.next()}, nil
}

// SendLeave sends Leave to Shop. After an error of the port the state may be used again.
func (s BuyCustS3) SendLeave(m BuyLeave) (BuyCustS10, error) {
	if err := s.turn.check("shop.BuyCustS3.SendLeave"); err != nil {
		return BuyCustS10{}, err
	}
	if err := s.turn.run.port.Send("Shop", "Leave", m.Payload); err != nil {
		return BuyCustS10{}, &aura.Error{Op: "shop.BuyCustS3.SendLeave", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS10{s.turn.next()}, nil
}

// BuyCustS4 is a state of Cust, which here sends Take to Shop.
type BuyCustS4 struct{ turn buyTurn }

// SendTake sends Take to Shop. After an error of the port the state may be used again.
func (s BuyCustS4) SendTake(m BuyTake_2) (BuyCustS5, error) {
	if err := s.turn.check("shop.BuyCustS4.SendTake"); err != nil {
		return BuyCustS5{}, err
	}
	if err := s.turn.run.port.Send("Shop", "Take", m.Payload); err != nil {
		return BuyCustS5{}, &aura.Error{Op: "shop.BuyCustS4.SendTake", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS5{s.turn.next()}, nil
}

// BuyCustS5 is a state of Cust, which here sends Taken to Witness[0].
type BuyCustS5 struct{ turn buyTurn }

// SendTaken sends Taken to Witness[0]. After an error of the port the state may be used again.
func (s BuyCustS5) SendTaken(m BuyTaken) (BuyCustS6, error) {
	if err := s.turn.check("shop.BuyCustS5.SendTaken"); err != nil {
		return BuyCustS6{}, err
	}
	if err := s.turn.run.port.Send("Witness[0]", "Taken", m.Payload); err != nil {
		return BuyCustS6{}, &aura.Error{Op: "shop.BuyCustS5.SendTaken", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS6{s.turn.next()}, nil
}

// BuyCustS6 is a state of Cust, which here sends Taken to Witness[1].
type BuyCustS6 struct{ turn buyTurn }

// SendTaken sends Taken to Witness[1]. After an error of the port the state may be used again.
func (s BuyCustS6) SendTaken(m BuyTaken) (BuyCustS7, error) {
	if err := s.turn.check("shop.BuyCustS6.SendTaken"); err != nil {
		return BuyCustS7{}, err
	}
	if err := s.turn.run.port.Send("Witness[1]", "Taken", m.Payload); err != nil {
		return BuyCustS7{}, &aura.Error{Op: "shop.BuyCustS6.SendTaken", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS7{s.turn.next()}, nil
}

// BuyCustS7 is a state of Cust, which here sends Rate or Done to Shop.
type BuyCustS7 struct{ turn buyTurn }

// SendRate sends Rate to Shop. After an error of the port the state may be used again.
func (s BuyCustS7) SendRate(m BuyRate) (BuyCustS8, error) {
	if err := s.turn.check("shop.BuyCustS7.SendRate"); err != nil {
		return BuyCustS8{}, err
	}
	if err := s.turn.run.port.Send("Shop", "Rate", m.Payload); err != nil {
		return BuyCustS8{}, &aura.Error{Op: "shop.BuyCustS7.SendRate", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS8{s.turn.next()}, nil
}

// SendDone sends Done to Shop. After an error of the port the state may be used again.
func (s BuyCustS7) SendDone(m BuyDone) (BuyCustEnd, error) {
	if err := s.turn.check("shop.BuyCustS7.SendDone"); err != nil {
		return BuyCustEnd{}, err
	}
	if err := s.turn.run.port.Send("Shop", "Done", m.Payload); err != nil {
		return BuyCustEnd{}, &aura.Error{Op: "shop.BuyCustS7.SendDone", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustEnd{s.turn.next()}, nil
}

// BuyCustS8 is a state of Cust, which here receives Thanks from Shop.
type BuyCustS8 struct{ turn buyTurn }

// ReceiveThanks waits for Thanks from Shop. After an error of the port the state may be used again.
func (s BuyCustS8) ReceiveThanks() (BuyThanks, BuyCustS7, error) {
	if err := s.turn.check("shop.BuyCustS8.ReceiveThanks"); err != nil {
		return BuyThanks{}, BuyCustS7{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Shop")
	if err != nil {
		return BuyThanks{}, BuyCustS7{}, &aura.Error{Op: "shop.BuyCustS8.ReceiveThanks", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Thanks" {
		return BuyThanks{}, BuyCustS7{}, aura.Errorf("shop.BuyCustS8.ReceiveThanks", aura.Corrupt, "message %q is not expected here", label)
	}
	return BuyThanks{payload}, BuyCustS7{s.turn.next()}, nil
}

// BuyCustEnd is a state of Cust, which here is done.
type BuyCustEnd struct{ turn buyTurn }

// BuyCustS10 is a state of Cust, which here sends Left to Witness[0].
type BuyCustS10 struct{ turn buyTurn }

// SendLeft sends Left to Witness[0]. After an error of the port the state may be used again.
func (s BuyCustS10) SendLeft(m BuyLeft) (BuyCustS11, error) {
	if err := s.turn.check("shop.BuyCustS10.SendLeft"); err != nil {
		return BuyCustS11{}, err
	}
	if err := s.turn.run.port.Send("Witness[0]", "Left", m.Payload); err != nil {
		return BuyCustS11{}, &aura.Error{Op: "shop.BuyCustS10.SendLeft", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS11{s.turn.next()}, nil
}

// BuyCustS11 is a state of Cust, which here sends Left to Witness[1].
type BuyCustS11 struct{ turn buyTurn }

// SendLeft sends Left to Witness[1]. After an error of the port the state may be used again.
func (s BuyCustS11) SendLeft(m BuyLeft) (BuyCustS7, error) {
	if err := s.turn.check("shop.BuyCustS11.SendLeft"); err != nil {
		return BuyCustS7{}, err
	}
	if err := s.turn.run.port.Send("Witness[1]", "Left", m.Payload); err != nil {
		return BuyCustS7{}, &aura.Error{Op: "shop.BuyCustS11.SendLeft", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS7{s.turn.next()}, nil
}

// StartBuyShop begins the part of Shop. The port must belong to a session of the protocol in that role.
func StartBuyShop(port port.Port) BuyShopS1 {
	return BuyShopS1{buyTurn{run: &buyRun{port: port}}}
}

// BuyShopS1 is a state of Shop, which here receives Ask of shop.Item from Cust.
type BuyShopS1 struct{ turn buyTurn }

// ReceiveAsk waits for Ask from Cust. After an error of the port the state may be used again.
func (s BuyShopS1) ReceiveAsk() (BuyAsk, BuyShopS2, error) {
	if err := s.turn.check("shop.BuyShopS1.ReceiveAsk"); err != nil {
		return BuyAsk{}, BuyShopS2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Cust")
	if err != nil {
		return BuyAsk{}, BuyShopS2{}, &aura.Error{Op: "shop.BuyShopS1.ReceiveAsk", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Ask" {
		return BuyAsk{}, BuyShopS2{}, aura.Errorf("shop.BuyShopS1.ReceiveAsk", aura.Corrupt, "message %q is not expected here", label)
	}
	return BuyAsk{payload}, BuyShopS2{s.turn.next()}, nil
}

// BuyShopS2 is a state of Shop, which here sends Price of shop.Money to Cust.
type BuyShopS2 struct{ turn buyTurn }

// SendPrice sends Price to Cust. After an error of the port the state may be used again.
func (s BuyShopS2) SendPrice(m BuyPrice) (BuyShopS3, error) {
	if err := s.turn.check("shop.BuyShopS2.SendPrice"); err != nil {
		return BuyShopS3{}, err
	}
	if err := s.turn.run.port.Send("Cust", "Price", m.Payload); err != nil {
		return BuyShopS3{}, &aura.Error{Op: "shop.BuyShopS2.SendPrice", Kind: aura.KindOf(err), Err: err}
	}
	return BuyShopS3{s.turn.next()}, nil
}

// BuyShopS3 is a state of Shop, which here receives take or Leave from Cust.
type BuyShopS3 struct{ turn buyTurn }

// BuyShopS3Outcome is what Shop can receive in the state BuyShopS3: BuyShopS3Take, BuyShopS3Leave.
type BuyShopS3Outcome interface{ isBuyShopS3Outcome() }

// BuyShopS3Take is the message take and the state after it.
type BuyShopS3Take struct {
	Message BuyTake
	Next    BuyShopS4
}

func (BuyShopS3Take) isBuyShopS3Outcome() {}

// BuyShopS3Leave is the message Leave and the state after it.
type BuyShopS3Leave struct {
	Message BuyLeave
	Next    BuyShopS5
}

func (BuyShopS3Leave) isBuyShopS3Outcome() {}

// Receive waits for the choice of Cust. After an error of the port the state may be used again.
func (s BuyShopS3) Receive() (BuyShopS3Outcome, error) {
	if err := s.turn.check("shop.BuyShopS3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Cust")
	if err != nil {
		return nil, &aura.Error{Op: "shop.BuyShopS3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "take":
		return BuyShopS3Take{BuyTake{payload}, BuyShopS4{s.turn.next()}}, nil
	case "Leave":
		return BuyShopS3Leave{BuyLeave{payload}, BuyShopS5{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("shop.BuyShopS3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// BuyShopS4 is a state of Shop, which here receives Take from Cust.
type BuyShopS4 struct{ turn buyTurn }

// ReceiveTake waits for Take from Cust. After an error of the port the state may be used again.
func (s BuyShopS4) ReceiveTake() (BuyTake_2, BuyShopS5, error) {
	if err := s.turn.check("shop.BuyShopS4.ReceiveTake"); err != nil {
		return BuyTake_2{}, BuyShopS5{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Cust")
	if err != nil {
		return BuyTake_2{}, BuyShopS5{}, &aura.Error{Op: "shop.BuyShopS4.ReceiveTake", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Take" {
		return BuyTake_2{}, BuyShopS5{}, aura.Errorf("shop.BuyShopS4.ReceiveTake", aura.Corrupt, "message %q is not expected here", label)
	}
	return BuyTake_2{payload}, BuyShopS5{s.turn.next()}, nil
}

// BuyShopS5 is a state of Shop, which here receives Rate or Done from Cust.
type BuyShopS5 struct{ turn buyTurn }

// BuyShopS5Outcome is what Shop can receive in the state BuyShopS5: BuyShopS5Rate, BuyShopS5Done.
type BuyShopS5Outcome interface{ isBuyShopS5Outcome() }

// BuyShopS5Rate is the message Rate and the state after it.
type BuyShopS5Rate struct {
	Message BuyRate
	Next    BuyShopS6
}

func (BuyShopS5Rate) isBuyShopS5Outcome() {}

// BuyShopS5Done is the message Done and the state after it.
type BuyShopS5Done struct {
	Message BuyDone
	Next    BuyShopEnd
}

func (BuyShopS5Done) isBuyShopS5Outcome() {}

// Receive waits for the choice of Cust. After an error of the port the state may be used again.
func (s BuyShopS5) Receive() (BuyShopS5Outcome, error) {
	if err := s.turn.check("shop.BuyShopS5.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Cust")
	if err != nil {
		return nil, &aura.Error{Op: "shop.BuyShopS5.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Rate":
		return BuyShopS5Rate{BuyRate{payload}, BuyShopS6{s.turn.next()}}, nil
	case "Done":
		return BuyShopS5Done{BuyDone{payload}, BuyShopEnd{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("shop.BuyShopS5.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// BuyShopS6 is a state of Shop, which here sends Thanks to Cust.
type BuyShopS6 struct{ turn buyTurn }

// SendThanks sends Thanks to Cust. After an error of the port the state may be used again.
func (s BuyShopS6) SendThanks(m BuyThanks) (BuyShopS5, error) {
	if err := s.turn.check("shop.BuyShopS6.SendThanks"); err != nil {
		return BuyShopS5{}, err
	}
	if err := s.turn.run.port.Send("Cust", "Thanks", m.Payload); err != nil {
		return BuyShopS5{}, &aura.Error{Op: "shop.BuyShopS6.SendThanks", Kind: aura.KindOf(err), Err: err}
	}
	return BuyShopS5{s.turn.next()}, nil
}

// BuyShopEnd is a state of Shop, which here is done.
type BuyShopEnd struct{ turn buyTurn }

// StartBuyWitness0 begins the part of Witness[0]. The port must belong to a session of the protocol in that role.
func StartBuyWitness0(port port.Port) BuyWitness0S1 {
	return BuyWitness0S1{buyTurn{run: &buyRun{port: port}}}
}

// BuyWitness0S1 is a state of Witness[0], which here receives Left or Taken from Cust.
type BuyWitness0S1 struct{ turn buyTurn }

// BuyWitness0S1Outcome is what Witness[0] can receive in the state BuyWitness0S1: BuyWitness0S1Left, BuyWitness0S1Taken.
type BuyWitness0S1Outcome interface{ isBuyWitness0S1Outcome() }

// BuyWitness0S1Left is the message Left and the state after it.
type BuyWitness0S1Left struct {
	Message BuyLeft
	Next    BuyWitness0End
}

func (BuyWitness0S1Left) isBuyWitness0S1Outcome() {}

// BuyWitness0S1Taken is the message Taken and the state after it.
type BuyWitness0S1Taken struct {
	Message BuyTaken
	Next    BuyWitness0End
}

func (BuyWitness0S1Taken) isBuyWitness0S1Outcome() {}

// Receive waits for the choice of Cust. After an error of the port the state may be used again.
func (s BuyWitness0S1) Receive() (BuyWitness0S1Outcome, error) {
	if err := s.turn.check("shop.BuyWitness0S1.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Cust")
	if err != nil {
		return nil, &aura.Error{Op: "shop.BuyWitness0S1.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Left":
		return BuyWitness0S1Left{BuyLeft{payload}, BuyWitness0End{s.turn.next()}}, nil
	case "Taken":
		return BuyWitness0S1Taken{BuyTaken{payload}, BuyWitness0End{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("shop.BuyWitness0S1.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// BuyWitness0End is a state of Witness[0], which here is done.
type BuyWitness0End struct{ turn buyTurn }

// StartBuyWitness1 begins the part of Witness[1]. The port must belong to a session of the protocol in that role.
func StartBuyWitness1(port port.Port) BuyWitness1S1 {
	return BuyWitness1S1{buyTurn{run: &buyRun{port: port}}}
}

// BuyWitness1S1 is a state of Witness[1], which here receives Left or Taken from Cust.
type BuyWitness1S1 struct{ turn buyTurn }

// BuyWitness1S1Outcome is what Witness[1] can receive in the state BuyWitness1S1: BuyWitness1S1Left, BuyWitness1S1Taken.
type BuyWitness1S1Outcome interface{ isBuyWitness1S1Outcome() }

// BuyWitness1S1Left is the message Left and the state after it.
type BuyWitness1S1Left struct {
	Message BuyLeft
	Next    BuyWitness1End
}

func (BuyWitness1S1Left) isBuyWitness1S1Outcome() {}

// BuyWitness1S1Taken is the message Taken and the state after it.
type BuyWitness1S1Taken struct {
	Message BuyTaken
	Next    BuyWitness1End
}

func (BuyWitness1S1Taken) isBuyWitness1S1Outcome() {}

// Receive waits for the choice of Cust. After an error of the port the state may be used again.
func (s BuyWitness1S1) Receive() (BuyWitness1S1Outcome, error) {
	if err := s.turn.check("shop.BuyWitness1S1.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Cust")
	if err != nil {
		return nil, &aura.Error{Op: "shop.BuyWitness1S1.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Left":
		return BuyWitness1S1Left{BuyLeft{payload}, BuyWitness1End{s.turn.next()}}, nil
	case "Taken":
		return BuyWitness1S1Taken{BuyTaken{payload}, BuyWitness1End{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("shop.BuyWitness1S1.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// BuyWitness1End is a state of Witness[1], which here is done.
type BuyWitness1End struct{ turn buyTurn }
