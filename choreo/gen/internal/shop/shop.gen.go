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

// BuyPrice is the message Price, whose payload is a shop.Money.
type BuyPrice struct{ Payload port.Money }

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
type buyRun[C any] struct {
	port  port.Port[C]
	steps uint64
}

// buyTurn is a state's claim to be the current one. A state belongs to one task.
type buyTurn[C any] struct {
	run  *buyRun[C]
	step uint64
}

func (t buyTurn[C]) check(op aura.Op) error {
	if t.run == nil {
		return aura.Errorf(op, aura.Invalid, "the session was not started")
	}
	if t.run.steps != t.step {
		return aura.Errorf(op, aura.Stale, "this state was left already")
	}
	return nil
}

func (t buyTurn[C]) next() buyTurn[C] {
	t.run.steps++
	return buyTurn[C]{t.run, t.run.steps}
}

// StartBuyCust begins the part of Cust. The port must belong to a session of the protocol in that role.
func StartBuyCust[C any](port port.Port[C]) BuyCustS1[C] {
	return BuyCustS1[C]{buyTurn[C]{run: &buyRun[C]{port: port}}}
}

// BuyCustS1 is a state of Cust, which here sends Ask of shop.Item to Shop.
type BuyCustS1[C any] struct{ turn buyTurn[C] }

// SendAsk sends Ask to Shop. It takes the capability shop:ask and 3 units of flow. After an error of the port the state may be used again.
func (s BuyCustS1[C]) SendAsk(ctx C, m BuyAsk) (BuyCustS2[C], error) {
	if err := s.turn.check("shop.BuyCustS1.SendAsk"); err != nil {
		return BuyCustS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Shop", "Ask", m.Payload); err != nil {
		return BuyCustS2[C]{}, &aura.Error{Op: "shop.BuyCustS1.SendAsk", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS2[C]{s.turn.next()}, nil
}

// BuyCustS2 is a state of Cust, which here receives Price of shop.Money from Shop.
type BuyCustS2[C any] struct{ turn buyTurn[C] }

// ReceivePrice waits for Price from Shop. After an error of the port the state may be used again. After aura.Corrupt the message is lost and the session cannot go on.
func (s BuyCustS2[C]) ReceivePrice(ctx C) (BuyPrice, BuyCustS3[C], error) {
	if err := s.turn.check("shop.BuyCustS2.ReceivePrice"); err != nil {
		return BuyPrice{}, BuyCustS3[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Shop")
	if err != nil {
		return BuyPrice{}, BuyCustS3[C]{}, &aura.Error{Op: "shop.BuyCustS2.ReceivePrice", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Price" {
		return BuyPrice{}, BuyCustS3[C]{}, aura.Errorf("shop.BuyCustS2.ReceivePrice", aura.Corrupt, "message %q is not expected here", label)
	}
	var m BuyPrice
	if err := m.Payload.UnmarshalBinary(payload); err != nil {
		return BuyPrice{}, BuyCustS3[C]{}, &aura.Error{Op: "shop.BuyCustS2.ReceivePrice", Kind: aura.Corrupt, Err: err}
	}
	return m, BuyCustS3[C]{s.turn.next()}, nil
}

// BuyCustS3 is a state of Cust, which here sends take or Leave to Shop.
type BuyCustS3[C any] struct{ turn buyTurn[C] }

// SendTake sends take to Shop. After an error of the port the state may be used again.
func (s BuyCustS3[C]) SendTake(ctx C, m BuyTake) (BuyCustS4[C], error) {
	if err := s.turn.check("shop.BuyCustS3.SendTake"); err != nil {
		return BuyCustS4[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Shop", "take", m.Payload); err != nil {
		return BuyCustS4[C]{}, &aura.Error{Op: "shop.BuyCustS3.SendTake", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS4[C]{s.turn.next()}, nil
}

// SendLeave sends Leave to Shop. After an error of the port the state may be used again.
func (s BuyCustS3[C]) SendLeave(ctx C, m BuyLeave) (BuyCustS10[C], error) {
	if err := s.turn.check("shop.BuyCustS3.SendLeave"); err != nil {
		return BuyCustS10[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Shop", "Leave", m.Payload); err != nil {
		return BuyCustS10[C]{}, &aura.Error{Op: "shop.BuyCustS3.SendLeave", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS10[C]{s.turn.next()}, nil
}

// BuyCustS4 is a state of Cust, which here sends Take to Shop.
type BuyCustS4[C any] struct{ turn buyTurn[C] }

// SendTake sends Take to Shop. After an error of the port the state may be used again.
func (s BuyCustS4[C]) SendTake(ctx C, m BuyTake_2) (BuyCustS5[C], error) {
	if err := s.turn.check("shop.BuyCustS4.SendTake"); err != nil {
		return BuyCustS5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Shop", "Take", m.Payload); err != nil {
		return BuyCustS5[C]{}, &aura.Error{Op: "shop.BuyCustS4.SendTake", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS5[C]{s.turn.next()}, nil
}

// BuyCustS5 is a state of Cust, which here sends Taken to Witness[0].
type BuyCustS5[C any] struct{ turn buyTurn[C] }

// SendTaken sends Taken to Witness[0]. After an error of the port the state may be used again.
func (s BuyCustS5[C]) SendTaken(ctx C, m BuyTaken) (BuyCustS6[C], error) {
	if err := s.turn.check("shop.BuyCustS5.SendTaken"); err != nil {
		return BuyCustS6[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Witness[0]", "Taken", m.Payload); err != nil {
		return BuyCustS6[C]{}, &aura.Error{Op: "shop.BuyCustS5.SendTaken", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS6[C]{s.turn.next()}, nil
}

// BuyCustS6 is a state of Cust, which here sends Taken to Witness[1].
type BuyCustS6[C any] struct{ turn buyTurn[C] }

// SendTaken sends Taken to Witness[1]. After an error of the port the state may be used again.
func (s BuyCustS6[C]) SendTaken(ctx C, m BuyTaken) (BuyCustS7[C], error) {
	if err := s.turn.check("shop.BuyCustS6.SendTaken"); err != nil {
		return BuyCustS7[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Witness[1]", "Taken", m.Payload); err != nil {
		return BuyCustS7[C]{}, &aura.Error{Op: "shop.BuyCustS6.SendTaken", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS7[C]{s.turn.next()}, nil
}

// BuyCustS7 is a state of Cust, which here sends Rate or Done to Shop.
type BuyCustS7[C any] struct{ turn buyTurn[C] }

// SendRate sends Rate to Shop. After an error of the port the state may be used again.
func (s BuyCustS7[C]) SendRate(ctx C, m BuyRate) (BuyCustS8[C], error) {
	if err := s.turn.check("shop.BuyCustS7.SendRate"); err != nil {
		return BuyCustS8[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Shop", "Rate", m.Payload); err != nil {
		return BuyCustS8[C]{}, &aura.Error{Op: "shop.BuyCustS7.SendRate", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS8[C]{s.turn.next()}, nil
}

// SendDone sends Done to Shop. After an error of the port the state may be used again.
func (s BuyCustS7[C]) SendDone(ctx C, m BuyDone) (BuyCustEnd[C], error) {
	if err := s.turn.check("shop.BuyCustS7.SendDone"); err != nil {
		return BuyCustEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Shop", "Done", m.Payload); err != nil {
		return BuyCustEnd[C]{}, &aura.Error{Op: "shop.BuyCustS7.SendDone", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustEnd[C]{s.turn.next()}, nil
}

// BuyCustS8 is a state of Cust, which here receives Thanks from Shop.
type BuyCustS8[C any] struct{ turn buyTurn[C] }

// ReceiveThanks waits for Thanks from Shop. After an error of the port the state may be used again.
func (s BuyCustS8[C]) ReceiveThanks(ctx C) (BuyThanks, BuyCustS7[C], error) {
	if err := s.turn.check("shop.BuyCustS8.ReceiveThanks"); err != nil {
		return BuyThanks{}, BuyCustS7[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Shop")
	if err != nil {
		return BuyThanks{}, BuyCustS7[C]{}, &aura.Error{Op: "shop.BuyCustS8.ReceiveThanks", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Thanks" {
		return BuyThanks{}, BuyCustS7[C]{}, aura.Errorf("shop.BuyCustS8.ReceiveThanks", aura.Corrupt, "message %q is not expected here", label)
	}
	return BuyThanks{payload}, BuyCustS7[C]{s.turn.next()}, nil
}

// BuyCustEnd is a state of Cust, which here is done.
type BuyCustEnd[C any] struct{ turn buyTurn[C] }

// BuyCustS10 is a state of Cust, which here sends Left to Witness[0].
type BuyCustS10[C any] struct{ turn buyTurn[C] }

// SendLeft sends Left to Witness[0]. After an error of the port the state may be used again.
func (s BuyCustS10[C]) SendLeft(ctx C, m BuyLeft) (BuyCustS11[C], error) {
	if err := s.turn.check("shop.BuyCustS10.SendLeft"); err != nil {
		return BuyCustS11[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Witness[0]", "Left", m.Payload); err != nil {
		return BuyCustS11[C]{}, &aura.Error{Op: "shop.BuyCustS10.SendLeft", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS11[C]{s.turn.next()}, nil
}

// BuyCustS11 is a state of Cust, which here sends Left to Witness[1].
type BuyCustS11[C any] struct{ turn buyTurn[C] }

// SendLeft sends Left to Witness[1]. After an error of the port the state may be used again.
func (s BuyCustS11[C]) SendLeft(ctx C, m BuyLeft) (BuyCustS7[C], error) {
	if err := s.turn.check("shop.BuyCustS11.SendLeft"); err != nil {
		return BuyCustS7[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Witness[1]", "Left", m.Payload); err != nil {
		return BuyCustS7[C]{}, &aura.Error{Op: "shop.BuyCustS11.SendLeft", Kind: aura.KindOf(err), Err: err}
	}
	return BuyCustS7[C]{s.turn.next()}, nil
}

// StartBuyShop begins the part of Shop. The port must belong to a session of the protocol in that role.
func StartBuyShop[C any](port port.Port[C]) BuyShopS1[C] {
	return BuyShopS1[C]{buyTurn[C]{run: &buyRun[C]{port: port}}}
}

// BuyShopS1 is a state of Shop, which here receives Ask of shop.Item from Cust.
type BuyShopS1[C any] struct{ turn buyTurn[C] }

// ReceiveAsk waits for Ask from Cust. After an error of the port the state may be used again.
func (s BuyShopS1[C]) ReceiveAsk(ctx C) (BuyAsk, BuyShopS2[C], error) {
	if err := s.turn.check("shop.BuyShopS1.ReceiveAsk"); err != nil {
		return BuyAsk{}, BuyShopS2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Cust")
	if err != nil {
		return BuyAsk{}, BuyShopS2[C]{}, &aura.Error{Op: "shop.BuyShopS1.ReceiveAsk", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Ask" {
		return BuyAsk{}, BuyShopS2[C]{}, aura.Errorf("shop.BuyShopS1.ReceiveAsk", aura.Corrupt, "message %q is not expected here", label)
	}
	return BuyAsk{payload}, BuyShopS2[C]{s.turn.next()}, nil
}

// BuyShopS2 is a state of Shop, which here sends Price of shop.Money to Cust.
type BuyShopS2[C any] struct{ turn buyTurn[C] }

// SendPrice sends Price to Cust. After an error of the port the state may be used again.
func (s BuyShopS2[C]) SendPrice(ctx C, m BuyPrice) (BuyShopS3[C], error) {
	if err := s.turn.check("shop.BuyShopS2.SendPrice"); err != nil {
		return BuyShopS3[C]{}, err
	}
	payload, err := m.Payload.MarshalBinary()
	if err != nil {
		return BuyShopS3[C]{}, &aura.Error{Op: "shop.BuyShopS2.SendPrice", Kind: aura.Invalid, Err: err}
	}
	if err := s.turn.run.port.Send(ctx, "Cust", "Price", payload); err != nil {
		return BuyShopS3[C]{}, &aura.Error{Op: "shop.BuyShopS2.SendPrice", Kind: aura.KindOf(err), Err: err}
	}
	return BuyShopS3[C]{s.turn.next()}, nil
}

// BuyShopS3 is a state of Shop, which here receives take or Leave from Cust.
type BuyShopS3[C any] struct{ turn buyTurn[C] }

// BuyShopS3Outcome is what Shop can receive in the state BuyShopS3: BuyShopS3Take, BuyShopS3Leave.
type BuyShopS3Outcome[C any] interface{ isBuyShopS3Outcome(C) }

// BuyShopS3Take is the message take and the state after it.
type BuyShopS3Take[C any] struct {
	Message BuyTake
	Next    BuyShopS4[C]
}

func (BuyShopS3Take[C]) isBuyShopS3Outcome(C) {}

// BuyShopS3Leave is the message Leave and the state after it.
type BuyShopS3Leave[C any] struct {
	Message BuyLeave
	Next    BuyShopS5[C]
}

func (BuyShopS3Leave[C]) isBuyShopS3Outcome(C) {}

// Receive waits for the choice of Cust. After an error of the port the state may be used again.
func (s BuyShopS3[C]) Receive(ctx C) (BuyShopS3Outcome[C], error) {
	if err := s.turn.check("shop.BuyShopS3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Cust")
	if err != nil {
		return nil, &aura.Error{Op: "shop.BuyShopS3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "take":
		return BuyShopS3Take[C]{BuyTake{payload}, BuyShopS4[C]{s.turn.next()}}, nil
	case "Leave":
		return BuyShopS3Leave[C]{BuyLeave{payload}, BuyShopS5[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("shop.BuyShopS3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// BuyShopS4 is a state of Shop, which here receives Take from Cust.
type BuyShopS4[C any] struct{ turn buyTurn[C] }

// ReceiveTake waits for Take from Cust. After an error of the port the state may be used again.
func (s BuyShopS4[C]) ReceiveTake(ctx C) (BuyTake_2, BuyShopS5[C], error) {
	if err := s.turn.check("shop.BuyShopS4.ReceiveTake"); err != nil {
		return BuyTake_2{}, BuyShopS5[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Cust")
	if err != nil {
		return BuyTake_2{}, BuyShopS5[C]{}, &aura.Error{Op: "shop.BuyShopS4.ReceiveTake", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Take" {
		return BuyTake_2{}, BuyShopS5[C]{}, aura.Errorf("shop.BuyShopS4.ReceiveTake", aura.Corrupt, "message %q is not expected here", label)
	}
	return BuyTake_2{payload}, BuyShopS5[C]{s.turn.next()}, nil
}

// BuyShopS5 is a state of Shop, which here receives Rate or Done from Cust.
type BuyShopS5[C any] struct{ turn buyTurn[C] }

// BuyShopS5Outcome is what Shop can receive in the state BuyShopS5: BuyShopS5Rate, BuyShopS5Done.
type BuyShopS5Outcome[C any] interface{ isBuyShopS5Outcome(C) }

// BuyShopS5Rate is the message Rate and the state after it.
type BuyShopS5Rate[C any] struct {
	Message BuyRate
	Next    BuyShopS6[C]
}

func (BuyShopS5Rate[C]) isBuyShopS5Outcome(C) {}

// BuyShopS5Done is the message Done and the state after it.
type BuyShopS5Done[C any] struct {
	Message BuyDone
	Next    BuyShopEnd[C]
}

func (BuyShopS5Done[C]) isBuyShopS5Outcome(C) {}

// Receive waits for the choice of Cust. After an error of the port the state may be used again.
func (s BuyShopS5[C]) Receive(ctx C) (BuyShopS5Outcome[C], error) {
	if err := s.turn.check("shop.BuyShopS5.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Cust")
	if err != nil {
		return nil, &aura.Error{Op: "shop.BuyShopS5.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Rate":
		return BuyShopS5Rate[C]{BuyRate{payload}, BuyShopS6[C]{s.turn.next()}}, nil
	case "Done":
		return BuyShopS5Done[C]{BuyDone{payload}, BuyShopEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("shop.BuyShopS5.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// BuyShopS6 is a state of Shop, which here sends Thanks to Cust.
type BuyShopS6[C any] struct{ turn buyTurn[C] }

// SendThanks sends Thanks to Cust. After an error of the port the state may be used again.
func (s BuyShopS6[C]) SendThanks(ctx C, m BuyThanks) (BuyShopS5[C], error) {
	if err := s.turn.check("shop.BuyShopS6.SendThanks"); err != nil {
		return BuyShopS5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Cust", "Thanks", m.Payload); err != nil {
		return BuyShopS5[C]{}, &aura.Error{Op: "shop.BuyShopS6.SendThanks", Kind: aura.KindOf(err), Err: err}
	}
	return BuyShopS5[C]{s.turn.next()}, nil
}

// BuyShopEnd is a state of Shop, which here is done.
type BuyShopEnd[C any] struct{ turn buyTurn[C] }

// StartBuyWitness0 begins the part of Witness[0]. The port must belong to a session of the protocol in that role.
func StartBuyWitness0[C any](port port.Port[C]) BuyWitness0S1[C] {
	return BuyWitness0S1[C]{buyTurn[C]{run: &buyRun[C]{port: port}}}
}

// BuyWitness0S1 is a state of Witness[0], which here receives Left or Taken from Cust.
type BuyWitness0S1[C any] struct{ turn buyTurn[C] }

// BuyWitness0S1Outcome is what Witness[0] can receive in the state BuyWitness0S1: BuyWitness0S1Left, BuyWitness0S1Taken.
type BuyWitness0S1Outcome[C any] interface{ isBuyWitness0S1Outcome(C) }

// BuyWitness0S1Left is the message Left and the state after it.
type BuyWitness0S1Left[C any] struct {
	Message BuyLeft
	Next    BuyWitness0End[C]
}

func (BuyWitness0S1Left[C]) isBuyWitness0S1Outcome(C) {}

// BuyWitness0S1Taken is the message Taken and the state after it.
type BuyWitness0S1Taken[C any] struct {
	Message BuyTaken
	Next    BuyWitness0End[C]
}

func (BuyWitness0S1Taken[C]) isBuyWitness0S1Outcome(C) {}

// Receive waits for the choice of Cust. After an error of the port the state may be used again.
func (s BuyWitness0S1[C]) Receive(ctx C) (BuyWitness0S1Outcome[C], error) {
	if err := s.turn.check("shop.BuyWitness0S1.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Cust")
	if err != nil {
		return nil, &aura.Error{Op: "shop.BuyWitness0S1.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Left":
		return BuyWitness0S1Left[C]{BuyLeft{payload}, BuyWitness0End[C]{s.turn.next()}}, nil
	case "Taken":
		return BuyWitness0S1Taken[C]{BuyTaken{payload}, BuyWitness0End[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("shop.BuyWitness0S1.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// BuyWitness0End is a state of Witness[0], which here is done.
type BuyWitness0End[C any] struct{ turn buyTurn[C] }

// StartBuyWitness1 begins the part of Witness[1]. The port must belong to a session of the protocol in that role.
func StartBuyWitness1[C any](port port.Port[C]) BuyWitness1S1[C] {
	return BuyWitness1S1[C]{buyTurn[C]{run: &buyRun[C]{port: port}}}
}

// BuyWitness1S1 is a state of Witness[1], which here receives Left or Taken from Cust.
type BuyWitness1S1[C any] struct{ turn buyTurn[C] }

// BuyWitness1S1Outcome is what Witness[1] can receive in the state BuyWitness1S1: BuyWitness1S1Left, BuyWitness1S1Taken.
type BuyWitness1S1Outcome[C any] interface{ isBuyWitness1S1Outcome(C) }

// BuyWitness1S1Left is the message Left and the state after it.
type BuyWitness1S1Left[C any] struct {
	Message BuyLeft
	Next    BuyWitness1End[C]
}

func (BuyWitness1S1Left[C]) isBuyWitness1S1Outcome(C) {}

// BuyWitness1S1Taken is the message Taken and the state after it.
type BuyWitness1S1Taken[C any] struct {
	Message BuyTaken
	Next    BuyWitness1End[C]
}

func (BuyWitness1S1Taken[C]) isBuyWitness1S1Outcome(C) {}

// Receive waits for the choice of Cust. After an error of the port the state may be used again.
func (s BuyWitness1S1[C]) Receive(ctx C) (BuyWitness1S1Outcome[C], error) {
	if err := s.turn.check("shop.BuyWitness1S1.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Cust")
	if err != nil {
		return nil, &aura.Error{Op: "shop.BuyWitness1S1.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Left":
		return BuyWitness1S1Left[C]{BuyLeft{payload}, BuyWitness1End[C]{s.turn.next()}}, nil
	case "Taken":
		return BuyWitness1S1Taken[C]{BuyTaken{payload}, BuyWitness1End[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("shop.BuyWitness1S1.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// BuyWitness1End is a state of Witness[1], which here is done.
type BuyWitness1End[C any] struct{ turn buyTurn[C] }
