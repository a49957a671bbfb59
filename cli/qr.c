/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/qr.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN 4
#define MARGIN_SMALL 2
#define MODULE_BYTES 16 /* the most that is written for one, colours included */

static const char white_on_black[] = "\033[97;40m", on_white[] = "\033[107m", on_black[] = "\033[40m",
		  plain[] = "\033[0m";

/* The code with its margin, as a square. */
struct square {
	const QRcode *code;
	int margin;
};

static int side_of(const struct square *square)
{
	return square->code->width + 2 * square->margin;
}

/* Also for the line below the last one. */
static bool is_dark(const struct square *square, int x, int y)
{
	int width = square->code->width;

	x -= square->margin;
	y -= square->margin;
	return x >= 0 && y >= 0 && x < width && y < width && (square->code->data[y * width + x] & 1) != 0;
}

static bool fits(const struct square *square, struct qr_style style, struct terminal_room room)
{
	unsigned side = (unsigned)side_of(square);
	unsigned columns = style.utf8 ? side : 2 * side, rows = style.utf8 ? (side + 1) / 2 : side;

	/* One row is for what is asked below it. */
	return (room.columns == 0 || columns <= room.columns) && (room.rows == 0 || rows < room.rows);
}

static void put(struct qr_drawing *out, const char *text)
{
	size_t len = strlen(text);

	if (len >= out->size - out->len)
		len = out->size - out->len - 1;
	memcpy(out->text + out->len, text, len);
	out->len += len;
	out->text[out->len] = '\0';
}

/* Light is what is drawn, because most terminals are dark. */
static void draw_half_blocks(const struct square *square, bool colour, struct qr_drawing *out)
{
	/* U+2588, U+2580, U+2584 */
	static const char *const blocks[2][2] = {{"\xe2\x96\x88", "\xe2\x96\x80"}, {"\xe2\x96\x84", " "}};

	for (int y = 0; y < side_of(square); y += 2) {
		put(out, colour ? white_on_black : "");
		for (int x = 0; x < side_of(square); x++)
			put(out, blocks[is_dark(square, x, y)][is_dark(square, x, y + 1)]);
		put(out, colour ? plain : "");
		put(out, "\n");
	}
}

static void draw_ascii(const struct square *square, bool colour, struct qr_drawing *out)
{
	for (int y = 0; y < side_of(square); y++) {
		for (int x = 0; x < side_of(square); x++) {
			bool dark = is_dark(square, x, y);
			bool changes = x == 0 || dark != is_dark(square, x - 1, y);
			if (colour && changes)
				put(out, dark ? on_black : on_white);
			put(out, dark || colour ? "  " : "##");
		}
		put(out, colour ? plain : "");
		put(out, "\n");
	}
}

static enum otp_err draw(const QRcode *code, struct qr_style style, struct terminal_room room,
	struct qr_drawing *out, struct otp_why *why)
{
	struct square square = {.code = code, .margin = MARGIN};

	if (!fits(&square, style, room))
		square.margin = MARGIN_SMALL;
	if (!fits(&square, style, room))
		return why_set(why, OTP_ERR_TOO_LARGE, 0,
			"this terminal is too small for the QR code: it needs %d columns and %d rows",
			style.utf8 ? side_of(&square) : 2 * side_of(&square),
			(style.utf8 ? (side_of(&square) + 1) / 2 : side_of(&square)) + 1);
	size_t side = (size_t)side_of(&square) + 2;
	out->size = side * side * MODULE_BYTES;
	out->text = calloc(1, out->size);
	if (out->text == NULL)
		return why_set(why, OTP_ERR_NO_MEMORY, 0, "there is not enough memory");
	if (style.utf8)
		draw_half_blocks(&square, style.colour, out);
	else
		draw_ascii(&square, style.colour, out);
	return OTP_OK;
}

enum otp_err qr_draw(const char *text, struct qr_style style, struct terminal_room room,
	struct qr_drawing *out, struct otp_why *why)
{
	*out = (struct qr_drawing){.text = NULL};
	QRcode *code = QRcode_encodeData((int)strlen(text), (const unsigned char *)text, 0, QR_ECLEVEL_L);
	if (code == NULL)
		return why_set(why, errno == ERANGE ? OTP_ERR_TOO_LARGE : OTP_ERR_NO_MEMORY, errno,
			"no QR code could be made");
	enum otp_err err = draw(code, style, room, out, why);
	OPENSSL_cleanse(code->data, (size_t)code->width * (size_t)code->width);
	QRcode_free(code);
	return err;
}

void qr_drop(struct qr_drawing *drawing)
{
	if (drawing->text != NULL)
		OPENSSL_cleanse(drawing->text, drawing->size);
	free(drawing->text);
	*drawing = (struct qr_drawing){.text = NULL};
}
