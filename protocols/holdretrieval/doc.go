// Code generated from the protocol hold.HoldRetrieval by aura choreo. DO NOT EDIT.

// Package holdretrieval lets a role play its part in the protocol hold.HoldRetrieval.
//
// A retriever that knows the selector of a held object fetches it.
//
// The selector rotates, and the answer comes back on a reply block: two retrievals of one person look
// like two people. The object and the word that there is none have one size on the wire.
//
// Begin with the Start function of the role. The messages and their order are in holdretrieval.tell.
package holdretrieval
