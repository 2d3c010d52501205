/* Models and the applications on them, as tables; values as real devices
 * report them. */
#include "sim/catalog.h"

#include "base/str.h"

static const struct catalog_model models[] = {
	{ "iphone", PLATFORM_IOS, "iPhone16,1", "iPhone", "MTU93LL",
		"18.5", "22F76", "00008130", 128, true, true },
	{ "ipad", PLATFORM_IOS, "iPad13,18", "iPad", "MPQ13LL",
		"18.5", "22F76", "00008101", 64, false, true },
	{ "mac", PLATFORM_MACOS, "Mac14,2", "MacBook Air", "Mac14,2",
		"15.5", "24F74", NULL, 494, false, true },
	{ "mac-mini", PLATFORM_MACOS, "Mac14,3", "Mac mini", "Mac14,3",
		"15.5", "24F74", NULL, 494, false, false },
	{ "appletv", PLATFORM_TVOS, "AppleTV14,1", "Apple TV", "MN873LL",
		"18.5", "22L572", "00008110", 64, false, false },
	{ "vision", PLATFORM_VISIONOS, "RealityDevice14,1",
		"Apple Vision Pro", "MQL83LL",
		"2.5", "22O473", "00008112", 256, false, true },
};

#define IOS PLATFORM_IOS
#define MAC PLATFORM_MACOS
static const struct catalog_app apps[] = {
	{ IOS, "com.apple.Pages", "Pages", "7044.0.93", "14.4", 612844, 8124 },
	{ IOS, "com.apple.Numbers", "Numbers", "7044.0.93", "14.4", 528302,
		4096 },
	{ IOS, "com.microsoft.Office.Outlook", "Outlook", "30283761",
		"4.2518.0", 403220, 92160 },
	{ IOS, "us.zoom.videomeetings", "Zoom", "25317", "6.4.6", 221184,
		20480 },
	{ MAC, "com.apple.Safari", "Safari", "20621.2.5.11.8", "18.5", 11264,
		0 },
	{ MAC, "com.apple.mail", "Mail", "3826.600.51.1.1", "16.0", 23552, 0 },
	{ MAC, "com.apple.Terminal", "Terminal", "455.1", "2.14", 9216, 0 },
	{ MAC, "com.apple.dt.Xcode", "Xcode", "23785", "16.4", 11534336, 0 },
	{ MAC, "org.mozilla.firefox", "Firefox", "13925.5.19", "139.0",
		398336, 0 },
	{ PLATFORM_TVOS, "com.netflix.Netflix", "Netflix", "4.16.2", "4.16.2",
		92160, 10240 },
	{ PLATFORM_VISIONOS, "com.apple.freeform", "Freeform", "291.4",
		"3.4", 40960, 2048 },
};

const struct catalog_model *catalog_find(const char *name)
{
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (str_eq(name, models[i].key) ||
			str_eq(name, models[i].product_name))
			return &models[i];
	return NULL;
}

const struct catalog_app *catalog_app_at(size_t i)
{
	return i < sizeof(apps) / sizeof(apps[0]) ? &apps[i] : NULL;
}
