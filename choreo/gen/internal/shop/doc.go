// Package shop is generated from shop.tell, for the tests of package gen.
package shop
